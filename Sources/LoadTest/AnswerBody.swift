import Foundation
import Inflate
import Zstd

/// Decodes answers' bodies and reads a goal's progress out of them.
enum AnswerBody {
    /// Most bytes of content; an answer for 10,000 goals has some 5 MB.
    private static let contentBytesMax = 32 << 20
    /// The bytes that RFC 9842 puts before a frame: a skippable frame with the dictionary's SHA-256.
    private static let dczHeadBytes = 40

    struct Broken: Error { let reason: String }

    /// The JSON of a body.
    static func content(_ body: [UInt8], _ coding: AnswerCoding, template: HeldTemplate?) throws -> [UInt8] {
        switch coding {
        case .identity: return body
        case .gzip:
            var content: [UInt8] = []
            let decompressor = try GzipDecompressor()
            try decompressor.decompress(body.span.bytes) { part in
                if content.count <= contentBytesMax { content += part }
            }
            return content
        case .zstd:
            var content: [UInt8] = []
            let count = try FrameDecompressor().decompress(
                body.span.bytes,
                into: &content,
                contentBytesMax: contentBytesMax
            )
            return Array(content.prefix(count))
        case .dcz:
            guard let template, body.count > dczHeadBytes else { throw Broken(reason: "no dcz body") }
            return try DictionaryDecompressor().decompress(
                Array(body.dropFirst(dczHeadBytes)),
                with: template.dictionary,
                byteCountMax: contentBytesMax
            )
        }
    }

    /// The goal's progress in any of the three answers, nil where it is not listed; throws on what is no such answer.
    static func progress(of goalID: String, in content: [UInt8]) throws -> Int? {
        let answer = try JSONDecoder().decode(Answer.self, from: Data(content))
        let goals = answer.assignedGoals ?? answer.challenges?.flatMap(\.goals)
        guard let goals else { throw Broken(reason: "neither challenges nor assignedGoals") }
        return goals.first { $0.goalId == goalID }?.progress
    }

    private struct Answer: Decodable {
        let assignedGoals: [Goal]?
        let challenges: [Challenge]?
    }
    private struct Challenge: Decodable { let goals: [Goal] }
    private struct Goal: Decodable {
        let goalId: String
        let progress: Int
    }
}
