import PayloadStore
import Tokens

/// The families of samples on the page.
extension MetricsPage {
    static func write(_ requests: RequestMetrics, to text: inout MetricsText) {
        text.family("challenge_api_requests_total", "counter", "Requests answered.")
        for route in RequestMetrics.RouteLabel.allCases {
            for coding in AnswerNegotiation.Coding.allCases {
                let known = RequestMetrics.statuses.map {
                    ("\($0)", requests.requests(route, coding, status: $0))
                }
                for (status, count) in known + [("other", requests.otherRequests(route, coding))]
                where count > 0 {
                    text.sample(
                        "challenge_api_requests_total",
                        [
                            ("route", route.text), ("encoding", coding.token ?? "identity"),
                            ("status", status),
                        ],
                        value: count
                    )
                }
            }
        }
        let histogram = "challenge_api_request_duration_seconds"
        text.family(
            histogram,
            "histogram",
            "Time from a request's head to its answer being handed to the system."
        )
        let ends = RequestMetrics.bucketNanoseconds.map { "\(Double($0) / 1_000_000_000)" } + ["+Inf"]
        for route in RequestMetrics.RouteLabel.allCases {
            let counts = requests.cumulative(route)
            guard let total = counts.last, total > 0 else { continue }
            for (end, count) in zip(ends, counts) {
                text.sample("\(histogram)_bucket", [("route", route.text), ("le", end)], value: count)
            }
            let seconds = Double(requests.duration(route)) / 1_000_000_000
            text.sample("\(histogram)_sum", [("route", route.text)], value: seconds)
            text.sample("\(histogram)_count", [("route", route.text)], value: total)
        }
        text.counter("challenge_api_body_bytes_total", "Bytes of bodies sent.", requests.bodyBytes)
        text.counter("challenge_api_connections_total", "Connections accepted.", requests.connections)
        text.family("challenge_api_closings_total", "counter", "Connections closed by the front, by reason.")
        for closing in RequestMetrics.Closing.allCases {
            text.sample(
                "challenge_api_closings_total",
                [("reason", closing.text)],
                value: requests.closings(closing)
            )
        }
    }

    static func write(_ tokens: TokenIdentity, now: Int64, to text: inout MetricsText) {
        text.family("goalpost_tokens_total", "counter", "Players' tokens by what became of them.")
        text.sample("goalpost_tokens_total", [("outcome", "verified")], value: tokens.counts.verified)
        text.sample("goalpost_tokens_total", [("outcome", "cached")], value: tokens.counts.cached)
        for (fault, count) in tokens.counts.rejected {
            text.sample("goalpost_tokens_total", [("outcome", fault.rawValue)], value: count)
        }
        text.gauge("goalpost_token_keys", "Keys that tokens may be signed with.", tokens.ring.current.count)
        if let readAt = tokens.ring.readAt {
            text.gauge(
                "goalpost_token_keys_age_seconds",
                "Time since the keys were last read from where they are.",
                max(0, Double(now) / 1000 - readAt)
            )
        }
    }

    static func write(_ store: StoreFigures, _ state: PublishedState, now: Int64, to text: inout MetricsText)
    {
        let folds = state.partitions.map(\.foldedAt).filter { $0 > 0 }
        if let oldest = folds.min() {
            text.gauge(
                "challenge_payload_age_seconds",
                "Age of the fold that answers show, of the partition furthest behind.",
                Double(max(0, now - oldest)) / 1000
            )
        }
        text.gauge(
            "goalpost_published_age_seconds",
            "Age of the last publish.",
            Double(max(0, now - state.publishedAt)) / 1000
        )
        text.gauge("goalpost_offset", "Log offset that every answer includes.", state.leastOffset)
        text.gauge("goalpost_store_players", "Players stored.", store.players)
        text.gauge(
            "goalpost_store_used_bytes",
            "Bytes of the store in use or free for reuse.",
            store.usedBytes
        )
        text.gauge(
            "goalpost_store_map_bytes",
            "Bytes of address space the store is mapped into.",
            store.mapBytes
        )
        text.gauge("goalpost_store_reader_slots", "LMDB reader slots in the table.", store.readerSlots)
    }

    static func write(_ process: ProcessFigures, to text: inout MetricsText) {
        text.counter("process_cpu_seconds_total", "User and system time.", process.cpuSeconds)
        text.gauge("process_resident_memory_bytes", "Memory in use.", process.residentBytes)
        text.gauge("process_virtual_memory_bytes", "Address space.", process.virtualBytes)
        text.gauge("process_open_fds", "Open files.", process.openFiles)
        text.gauge("process_max_fds", "Most open files.", process.openFilesMax)
    }
}
