/// Numbers as a page shows them, the same on every machine and in every locale.
package enum NumberText {
    /// `1,234,567`; a minus sign where it is negative.
    package static func grouped(_ number: Int64) -> String {
        var text = ""
        let digits = String(number.magnitude)
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return number < 0 ? "−" + text : text
    }

    /// `+12`, `−3` or `±0`.
    package static func signed(_ number: Int64) -> String {
        number > 0 ? "+" + grouped(number) : number == 0 ? "±0" : grouped(number)
    }

    /// `1.2 k`, `34 M`: at most three digits and a decimal, for axes.
    package static func short(_ value: Double) -> String {
        for (unit, size) in [("\u{A0}G", 1e9), ("\u{A0}M", 1e6), ("\u{A0}k", 1e3)]
        where value.magnitude >= size {
            return decimal(value / size, places: 1) + unit
        }
        return decimal(value, places: value.magnitude < 10 ? 2 : 1)
    }

    /// `12.3 %` of a whole; a dash where there is no whole.
    package static func percent(_ part: Int64, of whole: Int64) -> String {
        guard whole > 0 else { return "–" }
        let share = Double(part) / Double(whole) * 100
        if part > 0, share < 0.1 { return "<\u{A0}0.1\u{A0}%" }
        // What is not quite all must not read as all.
        if part < whole, share > 99.9 { return ">\u{A0}99.9\u{A0}%" }
        return decimal(share, places: share < 10 ? 1 : 0) + "\u{A0}%"
    }

    /// `45 s`, `12 min`, `3.5 h`, `12 d`: a span in seconds, in the largest unit that it fills.
    package static func span(_ seconds: Double) -> String {
        switch seconds {
        case ..<1: seconds <= 0 ? "0\u{A0}s" : "<\u{A0}1\u{A0}s"
        case ..<60: decimal(seconds, places: 0) + "\u{A0}s"
        case ..<3600: decimal(seconds / 60, places: seconds < 600 ? 1 : 0) + "\u{A0}min"
        case ..<86_400: decimal(seconds / 3600, places: seconds < 36_000 ? 1 : 0) + "\u{A0}h"
        default: decimal(seconds / 86_400, places: seconds < 864_000 ? 1 : 0) + "\u{A0}d"
        }
    }

    /// A decimal with at most `places` digits (0 to 6) after the point, without zeros at its end.
    package static func decimal(_ value: Double, places: Int) -> String {
        let power = (0..<places).reduce(1.0) { value, _ in value * 10 }
        let scaled = (value.magnitude * power).rounded()
        // Beyond this a Double holds no fraction anyway; never trap on a number from outside.
        guard scaled < 9e15 else { return value.magnitude < 9e18 ? grouped(Int64(value)) : "∞" }
        let whole = Int64(scaled) / Int64(power)
        var fraction = String(Int64(scaled) % Int64(power))
        while fraction.count < places { fraction = "0" + fraction }
        while fraction.hasSuffix("0") { fraction.removeLast() }
        let text = grouped(whole) + (places == 0 || fraction.isEmpty ? "" : "." + fraction)
        return value < 0 && scaled > 0 ? "−" + text : text
    }

    /// A place along an axis as SVG takes it: percent with at most two decimals.
    static func place(_ share: Double) -> String {
        plain(share * 100) + "%"
    }

    /// A coordinate as SVG takes it: ASCII, at most two decimals.
    static func plain(_ value: Double) -> String {
        let hundredths = Int64((value * 100).rounded())
        let (whole, rest) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
        var text = (hundredths < 0 ? "-" : "") + String(whole)
        if rest > 0 { text += rest % 10 == 0 ? ".\(rest / 10)" : rest < 10 ? ".0\(rest)" : ".\(rest)" }
        return text
    }
}
