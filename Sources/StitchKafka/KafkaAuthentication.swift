// SPDX-License-Identifier: Apache-2.0

/// How a client proves to the brokers who it is.
public enum KafkaAuthentication: Sendable, Hashable {
    /// With a password that is sent as it is: only over TLS.
    case plain(username: String, password: KafkaSecret)

    /// With a password that is never sent.
    ///
    /// Kafka 4 wants librdkafka 2.6.1 or newer for it.
    case scramSHA256(username: String, password: KafkaSecret)

    /// With a password that is never sent.
    ///
    /// Kafka 4 wants librdkafka 2.6.1 or newer for it.
    case scramSHA512(username: String, password: KafkaSecret)

    /// With a token, which is asked for again before it expires.
    case oauthBearer(KafkaTokenSource)
}
