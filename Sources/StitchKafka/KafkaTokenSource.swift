// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// A token that says who a client is.
public struct KafkaToken: Sendable, Hashable {
    /// The token, as the brokers want it: usually a JWT.
    public var value: KafkaSecret

    /// Until when it holds.
    public var expires: Date

    /// Whom it is for; brokers may ignore it.
    public var principal: String

    /// Extensions of SASL for the brokers, by name.
    public var extensions: [String: String]

    /// A token and what the brokers have to know of it.
    public init(_ value: KafkaSecret, expires: Date, principal: String = "", extensions: [String: String] = [:]) {
        self.value = value
        self.expires = expires
        self.principal = principal
        self.extensions = extensions
    }
}

/// Where tokens come from.
///
/// ```swift
/// configuration.authentication = .oauthBearer(KafkaTokenSource { try await identity.token(for: "kafka") })
/// ```
public final class KafkaTokenSource: Sendable {
    let token: @Sendable () async throws -> KafkaToken

    /// Asks `token` for a new token at the start and again at four fifths of each one's time, for each client by itself.
    ///
    /// It runs as a task of its own, cancelled when the client ends. When it throws, or takes longer than a minute, it is
    /// asked again after ten seconds; what it threw is told as a diagnostic.
    public init(_ token: @escaping @Sendable () async throws -> KafkaToken) { self.token = token }
}

extension KafkaTokenSource: Hashable {
    /// Whether both are the same source.
    public static func == (a: KafkaTokenSource, b: KafkaTokenSource) -> Bool { a === b }

    /// By identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
