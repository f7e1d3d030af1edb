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
}
