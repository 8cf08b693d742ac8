/// Cuts a JSON text, an array or a single value, into its elements as it arrives, in bounded memory.
///
/// It looks at strings and brackets only; whether an element is JSON is for whoever gets it to find out. An
/// element's line ends, where JSON lets them be, become blanks: so it is one line.
package struct ElementSplitter: Sendable {
    /// Why the text is no array or value.
    package struct Fault: Error, Equatable {
        package let detail: String
    }

    private enum Place { case start, beforeElement, inElement, afterElement, end }

    private let isArrayWanted: Bool
    private let elementBytesMax: Int
    private var place = Place.start
    private var isArray = false
    private var element: [UInt8] = []
    /// Open brackets within the element.
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// The text's byte that comes next.
    private var position: UInt64 = 0
    private var elementStart: UInt64 = 0
    private var isEmptyAllowed = false

    /// A single value is taken too, unless `isArrayWanted`.
    package init(isArrayWanted: Bool, elementBytesMax: Int) {
        self.isArrayWanted = isArrayWanted
        self.elementBytesMax = elementBytesMax
    }

    /// Takes the next bytes and lends each element that ends, with the place where it began.
    package mutating func split(
        _ bytes: Span<UInt8>,
        _ body: (UInt64, Span<UInt8>) -> Void
    ) throws(Fault) {
        for index in 0..<bytes.count {
            try take(bytes[index], body)
            position += 1
        }
    }

    /// Says that no bytes follow; lends the last element of a text that is a single value.
    package mutating func finish(_ body: (UInt64, Span<UInt8>) -> Void) throws(Fault) {
        switch place {
        case .start: throw Fault(detail: "The body is empty.")
        case .inElement where !isArray && depth == 0 && !isInString: emit(body)
        case .end: break
        default: throw Fault(detail: "The body ends within its JSON text, at byte \(position).")
        }
    }

    private mutating func take(_ byte: UInt8, _ body: (UInt64, Span<UInt8>) -> Void) throws(Fault) {
        switch place {
        case .inElement: try inside(byte, body)
        case _ where Self.isSpace(byte): break
        case .start:
            if byte == UInt8(ascii: "[") {
                isArray = true
                isEmptyAllowed = true
                place = .beforeElement
            } else if isArrayWanted {
                throw Fault(detail: "The body is no JSON array.")
            } else {
                try begin(byte)
            }
        case .beforeElement:
            if byte == UInt8(ascii: "]"), isEmptyAllowed {
                place = .end
            } else if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") {
                throw Fault(detail: "An element of the array is missing at byte \(position).")
            } else {
                try begin(byte)
            }
        case .afterElement:
            switch byte {
            case UInt8(ascii: ","): place = .beforeElement
            case UInt8(ascii: "]"): place = .end
            default: throw Fault(detail: "The array has neither , nor ] at byte \(position).")
            }
        case .end: throw Fault(detail: "The body goes on after its JSON text, at byte \(position).")
        }
    }

    private mutating func begin(_ byte: UInt8) throws(Fault) {
        place = .inElement
        isEmptyAllowed = false
        elementStart = position
        try append(byte)
    }

    private mutating func inside(_ byte: UInt8, _ body: (UInt64, Span<UInt8>) -> Void) throws(Fault) {
        if isInString || depth > 0 {
            try append(byte)
            if depth == 0, !isInString { emit(body) }
            return
        }
        // A bare word or number ends where something else begins.
        switch byte {
        case UInt8(ascii: ",") where isArray:
            emit(body)
            place = .beforeElement
        case UInt8(ascii: "]") where isArray:
            emit(body)
            place = .end
        case _ where Self.isSpace(byte): emit(body)
        default: try append(byte)
        }
    }

    private mutating func append(_ byte: UInt8) throws(Fault) {
        guard element.count < elementBytesMax else {
            throw Fault(
                detail: "The element at byte \(elementStart) has more than \(elementBytesMax) bytes."
            )
        }
        if isInString {
            element.append(byte)
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return
        }
        element.append(byte == 0x0A || byte == 0x0D ? 0x20 : byte)
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        default: break
        }
    }

    private mutating func emit(_ body: (UInt64, Span<UInt8>) -> Void) {
        body(elementStart, element.span)
        element.removeAll(keepingCapacity: true)
        depth = 0
        place = isArray ? .afterElement : .end
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
