import NIOCore
import PayloadStore

/// Players' requests, answered on the event loop: the way that nearly all of them go.
extension FrontHandler {
    /// Answers what a connection has asked before, where these bytes are that and its turn has come.
    func answerAgain(_ bytes: ByteBuffer) -> Bool {
        guard let known = repeated.request(in: bytes), let context, waiting.isEmpty, passed == nil,
            !isClosing, !isInputClosed, !isDraining, case .nothing = reading, context.channel.isWritable
        else { return false }
        gate.times.requestEnded(gate.readAt)
        var progress = known.progress
        progress.startedAt = gate.readAt
        var player = repeated.player
        answer(known.request, known.slot, progress, known: &player, context)
        repeated.player = player
        return true
    }

    /// The decoder has had these bytes, and what it made of them was taken or waits.
    func readEnded(_ bytes: ByteBuffer) {
        if !isClosing { repeated.readEnded(bytes) }
    }

    /// Sends what ``answerAgain(_:)`` wrote.
    func flushAnswers() {
        if let context { flush(context) }
    }

    /// Answers a player's request.
    func answer(
        _ request: FrontRequest,
        _ slot: AnswerSlot,
        _ progress: RequestInProgress,
        known: inout KnownPlayer?,
        _ context: ChannelHandlerContext
    ) {
        let keepsAlive = progress.keepsAlive && !isDraining
        state.output.clear(minimumCapacity: 1024)
        do throws(Problem) {
            let written = try state.answerer.write(
                slot,
                request,
                known: &known,
                date: state.dateText(),
                connection: keepsAlive ? (progress.saysKeepAlive ? "keep-alive" : nil) : "close",
                isHead: progress.isHead,
                joinedBytesMax: Self.joinedBytesMax,
                to: &state.output
            )
            gate.write(state.output)
            if let rest = written.rest { gate.write(rest) }
            hasWritten = true
            state.metrics.count(
                progress.label,
                written.coding,
                status: written.status,
                nanoseconds: (NIODeadline.now() - progress.startedAt).nanoseconds,
                bodyBytes: written.bodyBytes
            )
            if !keepsAlive { startClosing(context) }
        } catch {
            write(error.response(target: request.target), progress, context)
        }
    }
}
