// SPDX-License-Identifier: Apache-2.0

/// A record that was handed over, whose delivery may be awaited.
///
/// A value that may be let go: it costs next to nothing then. A failure that no handle was asked about is logged, counted in
/// the producer's `health`, and thrown by its next ``KafkaProducing/flush(timeout:)``, or by its `run()` at the end.
public struct KafkaEnqueued: Sendable {
    private enum Storage: Sendable {
        case pending(PendingSend)
        case answered(Answer)
    }

    /// An answer that is known; apart, so that the handle stays small.
    private final class Answer: Sendable {
        let result: Result<KafkaDelivery, KafkaError>

        init(_ result: Result<KafkaDelivery, KafkaError>) { self.result = result }
    }

    private let storage: Storage

    package init(_ pending: PendingSend) { storage = .pending(pending) }

    /// A handle whose answer is known, for a double of ``KafkaProducing`` in tests.
    public init(_ result: Result<KafkaDelivery, KafkaError>) { storage = .answered(Answer(result)) }

    /// Where the record was written, once the broker has acknowledged it.
    ///
    /// May be asked for more than once, by any task. Cancelling the task doesn't end the wait: a record that was taken can't
    /// be withdrawn, and is answered within the configuration's `deliveryTimeout`.
    public var delivery: KafkaDelivery {
        get async throws(KafkaError) {
            switch storage {
            case .pending(let pending):
                await pending.wait()
                return try pending.report.delivery(to: pending.topicName)
            case .answered(let answer):
                return try answer.result.get()
            }
        }
    }

    /// The same, but cancelling the task ends the wait, with ``KafkaError/Code-swift.struct/cancelled``: the record may
    /// have been written then, or may be yet.
    package var deliveryUnlessCancelled: KafkaDelivery {
        get async throws(KafkaError) {
            guard case .pending(let pending) = storage, await !pending.waitUnlessCancelled() else {
                return try await delivery
            }
            throw KafkaError(
                .cancelled,
                "A record had no answer yet when the task that waited for it was cancelled: it may have been written"
            )
        }
    }
}
