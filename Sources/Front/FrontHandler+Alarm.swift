import NIOCore

/// One timer a connection; it is set anew only when something is due sooner, so that requests cost none.
extension FrontHandler {
    func setAlarm(_ context: ChannelHandlerContext) {
        guard let next = gate.times.next else { return }
        if let alarm {
            if alarm.at <= next.at { return }
            alarm.task.cancel()
        }
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: next.at) { [self] in
            ring(context)
        }
        alarm = (task, next.at)
    }

    private func ring(_ context: ChannelHandlerContext) {
        alarm = nil
        guard context.channel.isActive, let next = gate.times.next else { return }
        if next.at <= .now() { overdue(next.what, context) }
        setAlarmUnlessOver(context)
    }

    private func setAlarmUnlessOver(_ context: ChannelHandlerContext) {
        if context.channel.isActive { setAlarm(context) }
    }
}
