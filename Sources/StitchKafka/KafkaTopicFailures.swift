// SPDX-License-Identifier: Apache-2.0

/// What became of topics that something was not done to: the cause of the ``KafkaError`` that is thrown.
public struct KafkaTopicFailures: Error, Sendable, CustomStringConvertible {
    /// The failure of each topic, by its name.
    public let failures: [String: KafkaError]

    /// Each failure by its message.
    public var description: String {
        failures.sorted { $0.key < $1.key }.map(\.value.message).joined(separator: "; ")
    }

    /// What to throw: the failure itself where there is one, else one that has the others as its cause, or `nil`.
    ///
    /// `attempt` begins the sentence that says what was not done.
    static func error(_ failures: [String: KafkaError], _ attempt: String) -> KafkaError? {
        guard let first = failures.min(by: { $0.key < $1.key }) else { return nil }
        return KafkaError(
            first.value.code,
            failures.count == 1 ? attempt : "\(attempt): \(failures.count) failed",
            cause: Self(failures: failures),
            isRetryable: failures.values.allSatisfy(\.isRetryable)
        )
    }
}
