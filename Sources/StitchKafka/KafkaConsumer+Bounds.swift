// SPDX-License-Identifier: Apache-2.0

extension KafkaConsumer {
    /// Asks for the first offset of partitions, and the one behind their last record.
    ///
    /// - Parameter partitions: The partitions, whoever's they are.
    /// - Returns: The offsets, by partition.
    /// - Throws: ``KafkaError`` when no broker says it.
    package func bounds(
        of partitions: [KafkaTopicPartition]
    ) async throws(KafkaError) -> [KafkaTopicPartition: Range<Int64>] {
        try await loop.call(on: loop.calls) { [client = loop.client] () -> Result<_, KafkaError> in
            var bounds: [KafkaTopicPartition: Range<Int64>] = [:]
            for partition in partitions {
                switch client.watermarks(of: partition) {
                case .success(let (first, end)): bounds[partition] = first..<max(first, end)
                case .failure(let error): return .failure(error)
                }
            }
            return .success(bounds)
        }
        .get()
    }

    /// Commits where the group goes on, whatever was handed out, and waits for the broker's answer.
    ///
    /// - Parameter offsets: The next offset of each partition.
    /// - Throws: ``KafkaError`` when they were not committed.
    package func commit(_ offsets: [KafkaTopicPartition: Int64]) async throws(KafkaError) {
        guard !offsets.isEmpty else { return }
        let code = try await loop.call(on: loop.calls) { [client = loop.client] in
            client.commit(offsets.map { ($0.key, $0.value) })
        }
        if !code.isNone { throw KafkaError(native: code, "The offsets of the group '\(group)' were not committed") }
    }
}
