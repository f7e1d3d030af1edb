// SPDX-License-Identifier: Apache-2.0

public import StitchKafka

extension TracedKafkaConsumer: KafkaGroupMember {
    /// What it is in its group now.
    ///
    /// - Throws: ``/StitchKafka/KafkaError`` when it is shut down, or in no group.
    public func groupMetadata() async throws(KafkaError) -> KafkaGroupMetadata { try await consumer.groupMetadata() }
}
