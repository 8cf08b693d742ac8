import NIOCore

/// What is counted, as Prometheus reads it (text exposition format 0.0.4).
struct MetricsPage: Sendable {
    let states: EventLoopStates
    let answerers: FrontAnswerers
    let shelf: TemplateShelf
    let connections: ConnectionCount
    let tokens: TokenIdentity?
    let clock: @Sendable () -> Int64

    /// Gathers the counts of all event loops and writes the page.
    func response() async throws -> FrontResponse {
        let requests = try await states.metrics()
        let process = ProcessFigures.now()
        let store = answerers.withAnswerer { $0.storeFigures() }
        var text = MetricsText()
        Self.write(requests, to: &text)
        text.gauge("challenge_api_connections", "Clients connected.", connections.current)
        text.gauge("challenge_api_connections_max", "Clients that may be connected.", connections.limit)
        let templates = shelf.counts
        text.gauge("goalpost_templates_ready", "Templates ready to answer with.", templates.ready)
        text.counter("goalpost_templates_made_total", "Templates made ready.", templates.made)
        text.gauge("goalpost_store_up", "Whether there is a store to answer from.", store == nil ? 0 : 1)
        if let store { Self.write(store.figures, store.state, now: clock(), to: &text) }
        if let tokens { Self.write(tokens, now: clock(), to: &text) }
        Self.write(process, to: &text)
        return FrontResponse(
            status: 200,
            fields: [
                .init("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),
                .init("Cache-Control", "no-store"),
            ],
            content: ByteBuffer(string: text.text)
        )
    }
}
