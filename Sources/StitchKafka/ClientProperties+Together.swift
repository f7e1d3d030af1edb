// SPDX-License-Identifier: Apache-2.0

/// What several settings have to be together, whoever set them.
extension ClientProperties {
    func checkTogether(_ configuration: KafkaConfiguration, _ role: Role) throws(KafkaError) {
        try checkSecurity()
        switch role {
        case .producer: try checkProducer(configuration)
        case .consumer: try checkConsumer()
        case .administration: break
        }
    }

    private func checkSecurity() throws(KafkaError) {
        let `protocol` = self["security.protocol"] ?? "plaintext"
        let ofTLS = [
            "ssl.ca.location", "ssl.ca.pem", "ssl.certificate.location", "ssl.certificate.pem", "ssl.key.location",
            "ssl.key.pem", "ssl.keystore.location",
        ]
        if !`protocol`.hasSuffix("ssl"), let name = ofTLS.first(where: { self[$0] != nil }) {
            throw Self.without(effect: name, `protocol`, "set it to 'ssl' or 'sasl_ssl', or set 'tls'")
        }
        for name in ofTLS where name.hasSuffix(".location") {
            if let path = self[name], path != "probe" { try Self.checkReadable(path, "The property '\(name)'") }
        }
        let ofSASL = ["sasl.mechanism", "sasl.username", "sasl.password"]
        guard `protocol`.hasPrefix("sasl") else {
            guard let name = ofSASL.first(where: { self[$0] != nil }) else { return }
            throw Self.without(effect: name, `protocol`, "set it to 'sasl_ssl' or 'sasl_plaintext'")
        }
        guard let mechanism = self["sasl.mechanism"] else {
            throw KafkaError(
                .configuration,
                "The property 'security.protocol' is '\(`protocol`)', but nothing says how to authenticate: set "
                    + "'authentication', or 'sasl.mechanism' to PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER"
            )
        }
        if mechanism == "OAUTHBEARER", !hasTokens {
            throw KafkaError(
                .configuration,
                "The property 'sasl.mechanism' is 'OAUTHBEARER', but nothing gives tokens: set 'authentication' to "
                    + ".oauthBearer(…) in the program, or 'sasl.oauthbearer.method' to oidc"
            )
        }
        guard mechanism == "PLAIN" || mechanism.hasPrefix("SCRAM-") else { return }
        for name in ofSASL where self[name] == nil {
            throw KafkaError(
                .configuration,
                "The property '\(name)' is missing: \(mechanism) needs a username and a password"
            )
        }
    }

    /// Whether there will be tokens; librdkafka would wait for them in silence.
    private var hasTokens: Bool {
        tokens != nil || self["sasl.oauthbearer.method"]?.lowercased() == "oidc"
            || ["true", "t", "1"].contains(self["enable.sasl.oauthbearer.unsecure.jwt"]?.lowercased())
    }

    private static func without(effect name: String, _ protocol: String, _ advice: String) -> KafkaError {
        KafkaError(
            .configuration,
            "The property '\(name)' has no effect while 'security.protocol' is '\(`protocol`)': \(advice)"
        )
    }

    private func checkProducer(_ configuration: KafkaConfiguration) throws(KafkaError) {
        if configuration.isIdempotent, let acks = self["acks"], acks != "all" {
            throw KafkaError(
                .configuration,
                "The option 'acknowledgements' is '\(acks)': with 'isIdempotent' it has to be 'all'; set 'isIdempotent' "
                    + "to false, or leave 'acknowledgements' out"
            )
        }
        if !configuration.isIdempotent, let id = self["transactional.id"] {
            throw KafkaError(
                .configuration,
                "The option 'transactionalID' is '\(id)': transactions need 'isIdempotent', which is false"
            )
        }
        guard let level = configuration.compressionLevel else { return }
        let levels: [String: ClosedRange<Int>] = ["gzip": 1...9, "lz4": 0...12, "zstd": 1...22]
        let compression = self["compression.type"] ?? "none"
        guard let range = levels[compression] else {
            throw KafkaError(
                .configuration,
                "The option 'compressionLevel' is \(level), but 'compression' is '\(compression)', which has no levels"
            )
        }
        guard !range.contains(level) else { return }
        throw KafkaError(
            .configuration,
            "The option 'compressionLevel' is \(level): for \(compression) it has to be from \(range.lowerBound) to "
                + "\(range.upperBound)"
        )
    }

    private var heartbeat: Int { Int(self["heartbeat.interval.ms"] ?? "") ?? 3000 }

    private var poll: Int { Int(self["max.poll.interval.ms"] ?? "") ?? 300_000 }

    /// How long handlers may go on when their partitions are to go to another member, so that the group doesn't go on without
    /// this one.
    ///
    /// The group waits for `max.poll.interval.ms`. Of that a member needs the time until it learns of it, what a handler takes
    /// that was cancelled, and what the brokers take to answer the last commit.
    var revocationLimit: Duration {
        let other = heartbeat + Int(ConsumerLoop.grace.wholeMilliseconds) + Int(ConsumerClient.answerMilliseconds)
        return .milliseconds(max(poll - other, poll / 2))
    }

    private func checkConsumer() throws(KafkaError) {
        let session = Int(self["session.timeout.ms"] ?? "") ?? 45_000
        if heartbeat >= session {
            throw KafkaError(
                .configuration,
                "The option 'heartbeatInterval' is \(heartbeat) ms: it has to be less than 'sessionTimeout', which is "
                    + "\(session) ms; a third of it is usual"
            )
        }
        if poll < session {
            throw KafkaError(
                .configuration,
                "The option 'maxPollInterval' is \(poll) ms: it has to be at least 'sessionTimeout', which is "
                    + "\(session) ms"
            )
        }
    }
}
