/// Every setting there is, spelled as in `goalpost.yaml`; the raw values are the only place names are written.
package enum SettingName: String, CaseIterable, Sendable {
    case data
    case challenges
    case namespace
    case databaseURL = "database_url"
    case partitions
    case segmentBytesMax = "segment_bytes_max"
    case segmentSecondsMax = "segment_seconds_max"
    case dedupeEvents = "dedupe_events"
    case dedupeSeconds = "dedupe_seconds"
    case foldBatchRecords = "fold_batch_records"
    case foldBatchBytes = "fold_batch_bytes"
    case foldConnections = "fold_connections"
    case publishBatchPlayers = "publish_batch_players"
    case payloadMapBytes = "payload_map_bytes"
    case snapshotsKept = "snapshots_kept"
    case frontListen = "front_listen"
    case frontMaxAgeSeconds = "front_max_age_seconds"
    case frontReadyAgeSeconds = "front_ready_age_seconds"
    case frontConnectionsMax = "front_connections_max"
    case frontHeaderBytesMax = "front_header_bytes_max"
    case frontBodyBytesMax = "front_body_bytes_max"
    case frontIdleSeconds = "front_idle_seconds"
    case frontRequestSeconds = "front_request_seconds"
    case frontWriteSeconds = "front_write_seconds"
    case frontOperatorTokenFile = "front_operator_token_file"
    case tokenKeys = "token_keys"
    case tokenIssuer = "token_issuer"
    case tokenRefreshSeconds = "token_refresh_seconds"
    case tokenCacheEntries = "token_cache_entries"
    case frontTLSCertificateFile = "front_tls_certificate_file"
    case frontTLSKeyFile = "front_tls_key_file"
    case frontStreamsMax = "front_streams_max"
    case frontThreads = "front_threads"
    case ingestURL = "ingest_url"
    case ingestListen = "ingest_listen"
    case ingestQueueBytes = "ingest_queue_bytes"
    case ingestRPCListen = "ingest_grpc_listen"
    case ingestTokenFile = "ingest_token_file"
    case ingestTLSCertificateFile = "ingest_tls_certificate_file"
    case ingestTLSKeyFile = "ingest_tls_key_file"
    case ingestTLSClientCAFile = "ingest_tls_client_ca_file"
    case ingestPlayerRate = "ingest_player_rate"
    case ingestPlayerBurst = "ingest_player_burst"
    case grantURL = "grant_url"
    case grantTokenFile = "grant_token_file"
    case grantConcurrency = "grant_concurrency"
    case grantTimeoutSeconds = "grant_timeout_seconds"
    case grantAttemptsMax = "grant_attempts_max"
    case postgresBin = "pg_bin"
    case logLevel = "log_level"
    case logFormat = "log_format"
    case metricsDirectory = "metrics_dir"
    case pingURL = "ping_url"
    case jobGapSeconds = "job_gap_seconds"

    /// Every environment variable that is a setting starts so.
    package static let variablePrefix = "GOALPOST_"

    /// The environment variable that overrides the file, such as `GOALPOST_DATABASE_URL`.
    package var variable: String { Self.variablePrefix + rawValue.uppercased() }
}
