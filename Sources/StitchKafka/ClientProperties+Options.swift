// SPDX-License-Identifier: Apache-2.0

/// Which option is which property.
extension ClientProperties {
    mutating func setConnection(_ configuration: KafkaConfiguration) throws(KafkaError) {
        try Self.check(brokers: configuration.brokers)
        try Self.check(configuration.drain, "drain", .zero ... .seconds(86_400))
        try set(name: "bootstrap.servers", nonEmpty: configuration.brokers.joined(separator: ","), "brokers")
        try set(name: "client.id", nonEmpty: configuration.clientID, "clientID")
        if let interval = configuration.statisticsInterval {
            let range: ClosedRange<Duration> = .milliseconds(1) ... .seconds(86_400)
            try Self.check(interval, "statisticsInterval", range)
            // Gathering them costs time: not for nobody.
            if !statistics.isEmpty { try set("statistics.interval.ms", interval, "statisticsInterval", range) }
        }
    }

    mutating func setProducer(_ configuration: KafkaConfiguration) throws(KafkaError) {
        try set("linger.ms", configuration.linger, "linger", .zero ... .seconds(900))
        if configuration.linger >= configuration.deliveryTimeout {
            throw KafkaError(
                .configuration,
                "The option 'linger' is \(configuration.linger): it has to be less than 'deliveryTimeout', which is "
                    + "\(configuration.deliveryTimeout)"
            )
        }
        try Self.check(configuration.deliveryTimeout, "deliveryTimeout", Self.longDurations)
        try set("delivery.timeout.ms", deliveryTimeout(configuration), "deliveryTimeout", Self.longDurations)
        try set("enable.idempotence", String(configuration.isIdempotent), by: "the option 'isIdempotent'")
        try set("acks", configuration.acknowledgements, "acknowledgements")
        try set("batch.size", configuration.batchBytes, "batchBytes", 1...2_147_483_647)
        try set("batch.num.messages", configuration.batchRecords, "batchRecords", 1...1_000_000)
        let kilobytes = configuration.queueBytes.map { $0 / 1024 + ($0 % 1024 > 0 ? 1 : 0) }
        try set("queue.buffering.max.kbytes", kilobytes, "queueBytes (in KiB)", 1...2_147_483_647)
        try set("queue.buffering.max.messages", configuration.queueRecords, "queueRecords", 1...2_147_483_647)
        try set("message.max.bytes", configuration.maximumRecordBytes, "maximumRecordBytes", 1000...1_000_000_000)
        try set("compression.type", configuration.compression, "compression")
        try set("compression.level", configuration.compressionLevel, "compressionLevel", 0...22)
        try set("partitioner", configuration.partitioner, "partitioner")
        try set(name: "transactional.id", nonEmpty: configuration.transactionalID, "transactionalID")
        try set(
            "transaction.timeout.ms",
            configuration.transactionTimeout,
            "transactionTimeout",
            .seconds(1)...Self.longDurations.upperBound
        )
    }

    /// Up to how many bytes a value is copied into the request, rather than sent from where it is.
    ///
    /// Below, a copy takes less time than what it spares. librdkafka's own limit is 64 KiB.
    static let copiedBytes = "768"

    /// Whether values go to the socket as they are.
    ///
    /// Encryption takes each piece of a request by itself.
    var sendsAsIs: Bool {
        let `protocol` = self["security.protocol"] ?? "plaintext"
        return !`protocol`.lowercased().hasSuffix("ssl") && (self["compression.type"] ?? "none") == "none"
    }

    /// A record of a transaction is given up when the transaction is; librdkafka refuses more.
    private func deliveryTimeout(_ configuration: KafkaConfiguration) -> Duration {
        guard configuration.transactionalID != nil else { return configuration.deliveryTimeout }
        return min(configuration.deliveryTimeout, configuration.transactionTimeout ?? .seconds(60))
    }

    mutating func setConsumer(_ configuration: KafkaConfiguration, _ group: String) throws(KafkaError) {
        try set(name: "group.id", nonEmpty: group, "group")
        try set("auto.offset.reset", configuration.autoOffsetReset, "autoOffsetReset")
        try set("auto.commit.interval.ms", configuration.commitInterval, "commitInterval", Self.longDurations)
        // What is committed is what was stored, and it is stored when the handler is done: at least once.
        setDefault("enable.auto.commit", "true")
        setDefault("enable.auto.offset.store", "false")
        try set(name: "group.instance.id", nonEmpty: configuration.groupInstanceID, "groupInstanceID")
        let milliseconds = Duration.milliseconds(1)
        try set("session.timeout.ms", configuration.sessionTimeout, "sessionTimeout", milliseconds ... .seconds(3600))
        try set(
            "heartbeat.interval.ms",
            configuration.heartbeatInterval,
            "heartbeatInterval",
            milliseconds ... .seconds(3600)
        )
        try set(
            "max.poll.interval.ms",
            configuration.maxPollInterval,
            "maxPollInterval",
            milliseconds ... .seconds(86_400)
        )
        try set("isolation.level", configuration.isolation, "isolation")
        try set("partition.assignment.strategy", configuration.assignmentStrategy, "assignmentStrategy")
        try set("fetch.min.bytes", configuration.fetchMinimumBytes, "fetchMinimumBytes", 1...100_000_000)
        try set("fetch.wait.max.ms", configuration.fetchMaximumWait, "fetchMaximumWait", .zero ... .seconds(300))
        try set("fetch.max.bytes", configuration.fetchMaximumBytes, "fetchMaximumBytes", 0...2_147_483_135)
        try set(
            "fetch.message.max.bytes",
            configuration.fetchPartitionBytes,
            "fetchPartitionBytes",
            1...1_000_000_000
        )
        try set(
            "queued.max.messages.kbytes",
            configuration.fetchQueueKilobytes,
            "fetchQueueKilobytes",
            1...2_097_151
        )
    }
}
