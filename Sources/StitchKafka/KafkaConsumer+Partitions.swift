// SPDX-License-Identifier: Apache-2.0

extension KafkaConsumer {
    /// Makes a consumer of given partitions that handles records one by one.
    ///
    /// - Parameters:
    ///   - configuration: Where Kafka is and how to behave.
    ///   - partitions: The partitions, and where to begin in each. Nobody else's reading them matters.
    ///   - group: The group whose offsets are committed, if they are; it is not joined.
    ///   - options: How to behave as a consumer.
    ///   - onFailure: What becomes of a record whose handler throws; it can't be moved aside.
    ///   - handler: What is done with a record. Must be ready to get the same record again.
    /// - Throws: ``KafkaError`` with ``KafkaError/Code-swift.struct/configuration`` that names the option, its value and
    ///   what would be right.
    public convenience init(
        _ configuration: KafkaConfiguration,
        partitions: [KafkaTopicPartition: KafkaStart],
        group: String? = nil,
        options: KafkaConsumerOptions = KafkaConsumerOptions(),
        onFailure: KafkaFailurePolicy = .stop,
        handler: nonisolated(nonsending) @escaping @Sendable (KafkaConsumedRecord) async throws -> Void
    ) throws(KafkaError) {
        let handler = RecordHandler(.each(handler))
        try self.init(
            configuration,
            .partitions(partitions, group: group),
            options: options,
            handler: handler,
            onFailure: onFailure
        )
    }

    /// Makes a consumer of given partitions that handles several records at once: those of one partition that are
    /// there, never waiting for more.
    ///
    /// - Parameters:
    ///   - configuration: Where Kafka is and how to behave.
    ///   - partitions: The partitions, and where to begin in each. Nobody else's reading them matters.
    ///   - group: The group whose offsets are committed, if they are; it is not joined.
    ///   - batchesOf: How many records at most, 1 to 10,000. All count as handled, or none.
    ///   - options: How to behave as a consumer.
    ///   - onFailure: What becomes of records whose handler throws; they can't be moved aside.
    ///   - handler: What is done with them, in the order of their offsets, at least one.
    /// - Throws: ``KafkaError`` with ``KafkaError/Code-swift.struct/configuration`` that names the option, its value and
    ///   what would be right.
    public convenience init(
        _ configuration: KafkaConfiguration,
        partitions: [KafkaTopicPartition: KafkaStart],
        group: String? = nil,
        batchesOf: Int,
        options: KafkaConsumerOptions = KafkaConsumerOptions(),
        onFailure: KafkaFailurePolicy = .stop,
        handler: @escaping @Sendable ([KafkaConsumedRecord]) async throws -> Void
    ) throws(KafkaError) {
        let handler = RecordHandler(.batches(of: batchesOf) { records, _ in try await handler(records) })
        try self.init(
            configuration,
            .partitions(partitions, group: group),
            options: options,
            handler: handler,
            onFailure: onFailure
        )
    }

    /// Makes a consumer of given partitions without a handler, for ``records`` or ``batches(upTo:)``.
    ///
    /// - Parameters:
    ///   - configuration: Where Kafka is and how to behave.
    ///   - partitions: The partitions, and where to begin in each. Nobody else's reading them matters.
    ///   - group: The group whose offsets are committed, if they are; it is not joined.
    ///   - options: How to behave as a consumer.
    /// - Throws: ``KafkaError`` with ``KafkaError/Code-swift.struct/configuration`` that names the option, its value and
    ///   what would be right.
    public convenience init(
        _ configuration: KafkaConfiguration,
        partitions: [KafkaTopicPartition: KafkaStart],
        group: String? = nil,
        options: KafkaConsumerOptions = KafkaConsumerOptions()
    ) throws(KafkaError) {
        let handler = RecordHandler(.sequence)
        try self.init(configuration, .partitions(partitions, group: group), options: options, handler: handler)
    }
}
