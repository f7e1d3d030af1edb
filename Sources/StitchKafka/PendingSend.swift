// SPDX-License-Identifier: Apache-2.0

/// A sender that waits for the answer to its record.
///
/// librdkafka holds the one reference from the moment that it takes the record until the delivery report.
final class PendingSend: Sendable {
    enum Answer: Sendable {
        case delivered(KafkaDelivery)
        case failed(KafkaError)
        /// The local queue had no room; nothing was taken.
        case full
    }

    private let continuation: CheckedContinuation<Answer, Never>

    init(_ continuation: CheckedContinuation<Answer, Never>) {
        self.continuation = continuation
    }

    /// Called exactly once.
    func resume(_ answer: Answer) { continuation.resume(returning: answer) }
}
