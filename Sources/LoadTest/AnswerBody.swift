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

    /// What is read of any of the three answers.
    struct Answer {
        private let goals: [Goal]

        /// Throws on what is no such answer.
        init(_ content: [UInt8]) throws {
            let lists = try JSONDecoder().decode(Lists.self, from: Data(content))
            guard let goals = lists.assignedGoals ?? lists.challenges?.flatMap(\.goals) else {
                throw Broken(reason: "neither challenges nor assignedGoals")
            }
            self.goals = goals
        }

        /// A goal's progress, nil where it is not listed.
        func progress(of goalID: String) -> Int? { goals.first { $0.goalId == goalID }?.progress }
    }

    private struct Lists: Decodable {
        let assignedGoals: [Goal]?
        let challenges: [Challenge]?
    }
    private struct Challenge: Decodable { let goals: [Goal] }
    private struct Goal: Decodable {
        let goalId: String
        let progress: Int
    }
}
