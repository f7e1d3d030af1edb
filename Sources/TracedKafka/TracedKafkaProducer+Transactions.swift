// SPDX-License-Identifier: Apache-2.0

import MessageTracing
public import StitchKafka
import TelemetryAPI
import TelemetryData

extension TracedKafkaProducer {
    /// Does something in a transaction, as `KafkaProducer` does, in a `transaction` span that ends with it.
    ///
    /// What is sent meanwhile has its spans as ever, below it; offsets that are committed with the transaction are a
    /// `commit {topic}` span. A `send` span says that the broker has the record: whether anybody who reads what is committed
    /// sees it, the `transaction` span says, whose error is that of a transaction which was aborted or fenced. A record that is
    /// given up with its transaction leaves a span that says so.
    @discardableResult
    public func withTransaction<Success>(
        _ body: (KafkaTransaction) async throws -> Success
    ) async throws -> Success {
        // As a value, since an error of Kafka's has a type of its own.
        try await withSpan("transaction") { span -> Result<Success, any Error> in
            span.attributes.set(MessagingConventions.Attribute.system, RecordAttributes.system)
            span.attributes.set(MessagingConventions.Attribute.clientID, clientID)
            do {
                return .success(try await loop.withTransaction(of: self, observing: observe, body))
            } catch {
                let kafka = error as? KafkaError
                let isCancelled = error is CancellationError || kafka?.code == .cancelled
                if !isCancelled { span.recordError(error, type: kafka?.errorType) }
                return .failure(error)
            }
        }
        .get()
    }

    /// A `commit` span round offsets that are committed with a transaction.
    private func observe(_ commit: @escaping KafkaTransaction.OffsetCommit) -> KafkaTransaction.OffsetCommit {
        { [clientID] offsets, group async throws(KafkaError) in
            let topics = Set(offsets.keys.map(\.topic))
            let span = SettleSpan(
                MessageTarget(
                    system: RecordAttributes.system,
                    destination: topics.count == 1 ? topics.first : nil,
                    consumerGroup: group.group.isEmpty ? nil : group.group,
                    clientID: clientID
                )
            )
            do throws(KafkaError) {
                try await commit(offsets, group)
                span.end()
            } catch {
                span.fail(error, type: error.errorType)
                throw error
            }
        }
    }
}
