package import Zstd

/// Why an answer could not be made.
package enum PayloadError: Error, Equatable, CustomStringConvertible {
    /// Zstd could not make a frame of this kind of answer; nothing may be stored.
    case frame(AnswerKind, ZstdError)

    package var description: String {
        switch self {
        case .frame(let kind, let error): "no frame for a player's \(kind) answer: \(error)"
        }
    }
}
