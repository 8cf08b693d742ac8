import Foundation

/// All settings of one run, validated: `GOALPOST_*` over `goalpost.yaml` in the data directory over defaults.
///
/// ``SettingKey`` says what each means, its unit and its range.
package struct Settings: Sendable, Equatable {
    /// The data directory, as given.
    package let data: String
    package let challenges: String?
    package let namespace: String?
    /// A secret: never print it.
    package let databaseURL: String?
    package let partitions: Int
    package let segmentBytesMax: Int
    package let segmentSecondsMax: Int
    package let dedupeEvents: Int
    package let dedupeSeconds: Int
    package let foldBatchRecords: Int
    package let foldBatchBytes: Int
    package let foldConnections: Int
    package let publishBatchPlayers: Int
    package let payloadMapBytes: Int
    package let snapshotsKept: Int
    package let frontListen: String
    package let frontMaxAgeSeconds: Int
    package let frontReadyAgeSeconds: Int
    package let frontConnectionsMax: Int
    package let frontHeaderBytesMax: Int
    package let frontBodyBytesMax: Int
    package let frontIdleSeconds: Int
    package let frontRequestSeconds: Int
    package let frontWriteSeconds: Int
    package let frontOperatorTokenFile: String?
    /// A URL may hold a password: never print it.
    package let tokenKeys: String?
    package let tokenIssuer: String?
    package let tokenRefreshSeconds: Int
    package let tokenCacheEntries: Int
    package let frontTLSCertificateFile: String?
    package let frontTLSKeyFile: String?
    package let frontStreamsMax: Int
    package let frontThreads: Int
    package let ingestURL: String
    package let ingestListen: String
    package let ingestQueueBytes: Int
    package let ingestRPCListen: String?
    package let ingestTokenFile: String?
    package let ingestTLSCertificateFile: String?
    package let ingestTLSKeyFile: String?
    package let ingestTLSClientCAFile: String?
    package let ingestPlayerRate: Int
    package let ingestPlayerBurst: Int
    /// A secret, for many webhooks have theirs in the path: never print it.
    package let grantURL: String?
    package let grantTokenFile: String?
    package let grantConcurrency: Int
    package let grantTimeoutSeconds: Int
    package let grantAttemptsMax: Int
    /// The directory of the PostgreSQL programs; `nil` finds the newest installed.
    package let postgresBin: String?
    package let logLevel: String
    /// `text` or `json`.
    package let logFormat: String
    /// The directory for goalpost.prom; `nil` writes none.
    package let metricsDirectory: String?
    /// A secret: never print it.
    package let pingURL: String?
    package let jobGapSeconds: Int
    /// Every setting with its source, in the table's order, safe to show.
    package let resolved: [ResolvedSetting]

    /// Variables with our prefix that belong to the test suite, not to a running Goalpost.
    package static let variablesIgnored: Set<String> = ["GOALPOST_PYTHON"]

    /// Loads and checks all settings; the first mistake found is thrown.
    ///
    /// - Parameters:
    ///   - override: The data directory of `--data`, which wins over everything; `nil` when not given.
    ///   - options: Further values from the command line, by setting, with the option that gave each.
    ///   - environment: The process's variables; only those that start with `GOALPOST_` are looked at.
    /// - Returns: All settings, each inside its range.
    /// - Throws: ``SettingsError``, which says what to mend and where.
    package static func load(
        data override: String? = nil,
        options: [SettingName: (option: String, text: String)] = [:],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws(SettingsError) -> Settings {
        try checkVariables(environment)
        var options = options
        if let override { options[.data] = (option: "--data", text: override) }
        let data =
            options[.data]?.text ?? environment[SettingName.data.variable].flatMap { $0.isEmpty ? nil : $0 }
        let directory = data ?? SettingKey(.data).standard ?? "."
        let file = try SettingsFile(dataDirectory: directory)
        try checkKeys(of: file)
        var values = SettingsResolver(environment: environment, file: file, options: options)
        return try Settings(&values)
    }

    private init(_ values: inout SettingsResolver) throws(SettingsError) {
        data = try values.requiredText(.data)
        challenges = try values.text(.challenges)
        namespace = try values.text(.namespace)
        databaseURL = try values.text(.databaseURL)
        partitions = try values.number(.partitions)
        segmentBytesMax = try values.number(.segmentBytesMax)
        segmentSecondsMax = try values.number(.segmentSecondsMax)
        dedupeEvents = try values.number(.dedupeEvents)
        dedupeSeconds = try values.number(.dedupeSeconds)
        foldBatchRecords = try values.number(.foldBatchRecords)
        foldBatchBytes = try values.number(.foldBatchBytes)
        foldConnections = try values.number(.foldConnections)
        publishBatchPlayers = try values.number(.publishBatchPlayers)
        payloadMapBytes = try values.number(.payloadMapBytes)
        snapshotsKept = try values.number(.snapshotsKept)
        frontListen = try values.requiredText(.frontListen)
        frontMaxAgeSeconds = try values.number(.frontMaxAgeSeconds)
        frontReadyAgeSeconds = try values.number(.frontReadyAgeSeconds)
        frontConnectionsMax = try values.number(.frontConnectionsMax)
        frontHeaderBytesMax = try values.number(.frontHeaderBytesMax)
        frontBodyBytesMax = try values.number(.frontBodyBytesMax)
        frontIdleSeconds = try values.number(.frontIdleSeconds)
        frontRequestSeconds = try values.number(.frontRequestSeconds)
        frontWriteSeconds = try values.number(.frontWriteSeconds)
        frontOperatorTokenFile = try values.text(.frontOperatorTokenFile)
        tokenKeys = try values.text(.tokenKeys)
        tokenIssuer = try values.text(.tokenIssuer)
        tokenRefreshSeconds = try values.number(.tokenRefreshSeconds)
        tokenCacheEntries = try values.number(.tokenCacheEntries)
        frontTLSCertificateFile = try values.text(.frontTLSCertificateFile)
        frontTLSKeyFile = try values.text(.frontTLSKeyFile)
        frontStreamsMax = try values.number(.frontStreamsMax)
        frontThreads = try values.number(.frontThreads)
        ingestURL = try values.requiredText(.ingestURL)
        ingestListen = try values.requiredText(.ingestListen)
        ingestQueueBytes = try values.number(.ingestQueueBytes)
        ingestRPCListen = try values.text(.ingestRPCListen)
        ingestTokenFile = try values.text(.ingestTokenFile)
        ingestTLSCertificateFile = try values.text(.ingestTLSCertificateFile)
        ingestTLSKeyFile = try values.text(.ingestTLSKeyFile)
        ingestTLSClientCAFile = try values.text(.ingestTLSClientCAFile)
        ingestPlayerRate = try values.number(.ingestPlayerRate)
        ingestPlayerBurst = try values.number(.ingestPlayerBurst)
        grantURL = try values.text(.grantURL)
        grantTokenFile = try values.text(.grantTokenFile)
        grantConcurrency = try values.number(.grantConcurrency)
        grantTimeoutSeconds = try values.number(.grantTimeoutSeconds)
        grantAttemptsMax = try values.number(.grantAttemptsMax)
        postgresBin = try values.text(.postgresBin)
        logLevel = try values.requiredText(.logLevel)
        logFormat = try values.requiredText(.logFormat)
        metricsDirectory = try values.text(.metricsDirectory)
        pingURL = try values.text(.pingURL)
        jobGapSeconds = try values.number(.jobGapSeconds)
        resolved = values.resolved
    }

    private static func checkVariables(_ environment: [String: String]) throws(SettingsError) {
        let known = SettingName.allCases.map(\.variable)
        // Sorted, so that the same mistakes always give the same message.
        for name in environment.keys.sorted()
        where name.hasPrefix(SettingName.variablePrefix) && !known.contains(name)
            && !variablesIgnored.contains(name)
        {
            throw .unknownVariable(name, nearest: Spelling.nearest(to: name, among: known))
        }
    }

    private static func checkKeys(of file: SettingsFile) throws(SettingsError) {
        let known = SettingName.allCases.map(\.rawValue)
        for key in file.keys {
            if key == SettingName.data.rawValue { throw .dataInFile(path: file.path) }
            guard known.contains(key) else {
                let settable = known.filter { $0 != SettingName.data.rawValue }
                throw .unknownKey(key, path: file.path, nearest: Spelling.nearest(to: key, among: settable))
            }
        }
    }
}
