/// Why no sample data can be made.
package enum SampleDataError: Error, Equatable, CustomStringConvertible {
    /// A size is outside what the generator can do; nothing was made.
    case outOfRange(parameter: String, value: Int, allowed: ClosedRange<Int>)

    package var description: String {
        switch self {
        case .outOfRange(let parameter, let value, let allowed):
            "\(parameter) is \(value), but must be \(allowed.lowerBound) to \(allowed.upperBound)"
        }
    }

    static func check(_ parameter: String, _ value: Int, _ allowed: ClosedRange<Int>) throws(SampleDataError)
    {
        guard !allowed.contains(value) else { return }
        throw .outOfRange(parameter: parameter, value: value, allowed: allowed)
    }
}
