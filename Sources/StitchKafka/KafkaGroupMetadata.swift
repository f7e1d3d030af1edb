// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// What a consumer is in its group at one moment: with it a transaction's offsets are refused once others have its
/// partitions.
public struct KafkaGroupMetadata: Sendable, Hashable {
    /// As librdkafka writes it.
    package var bytes: [UInt8]

    /// The group; empty in tests' doubles.
    package var group = ""

    /// Metadata for a double of ``KafkaGroupMember`` in tests.
    public init() { bytes = [] }

    init(_ bytes: [UInt8]) { self.bytes = bytes }
}

/// A consumer that can say what it is in its group.
public protocol KafkaGroupMember: Sendable {
    /// What it is in its group now.
    ///
    /// - Throws: ``KafkaError`` when it is shut down, or in no group.
    func groupMetadata() async throws(KafkaError) -> KafkaGroupMetadata
}

extension KafkaConsumer: KafkaGroupMember {
    /// What it is in its group now.
    ///
    /// - Throws: ``KafkaError`` when it is shut down, or in no group.
    public func groupMetadata() async throws(KafkaError) -> KafkaGroupMetadata {
        guard loop.hasGroup else {
            throw KafkaError(
                .configuration,
                "Asking what the consumer is in its group failed: it is in none; give it a group to commit its offsets under"
            )
        }
        var metadata = try await loop.call(on: loop.calls) { [loop] in loop.client.groupMetadata() }.get()
        metadata.group = group
        return metadata
    }
}

extension ConsumerClient {
    /// What the consumer is in its group; blocks for a moment.
    func groupMetadata() -> Result<KafkaGroupMetadata, KafkaError> {
        let attempt = "Asking what the consumer is in its group failed"
        // Ours, until destroyed.
        guard let metadata = rd_kafka_consumer_group_metadata(handle.client) else {
            return .failure(KafkaError(.configuration, "\(attempt): it is in none"))
        }
        defer { rd_kafka_consumer_group_metadata_destroy(metadata) }
        var bytes: UnsafeMutableRawPointer?
        var count = 0
        // The bytes are ours, until freed.
        let code = Self.take(rd_kafka_consumer_group_metadata_write(metadata, &bytes, &count))
        defer { rd_kafka_mem_free(nil, bytes) }
        guard code.isNone, let bytes else { return .failure(KafkaError(native: code, attempt)) }
        return .success(KafkaGroupMetadata(Array(UnsafeRawBufferPointer(start: bytes, count: count))))
    }
}
