// SPDX-License-Identifier: Apache-2.0

/// Encryption of the connections to the brokers: whom to trust, and what to show.
public struct KafkaTLS: Sendable, Hashable {
    /// Certificates or a key in PEM form.
    public enum PEM: Sendable, Hashable {
        /// In a file.
        case file(String)
        /// In memory: the text itself.
        case text(KafkaSecret)
    }

    /// The authorities that the brokers' certificates may come from; `nil` for the system's.
    public var authorities: PEM?

    /// The client's own certificate, with those between it and the authority behind it; `nil` for none.
    public var certificate: PEM?

    /// The private key of ``certificate``.
    public var key: PEM?

    /// The password of ``key``; `nil` for a key without one.
    public var keyPassword: KafkaSecret?

    /// Whether a broker's certificate has to come from one of the authorities.
    ///
    /// With `false` anybody can read and change what is sent.
    public var verifiesCertificate = true

    /// Whether a broker's certificate has to be for the name under which the broker is reached.
    public var verifiesHostname = true

    /// Encryption with what the system trusts, unless said otherwise.
    public init(
        authorities: PEM? = nil,
        certificate: PEM? = nil,
        key: PEM? = nil,
        keyPassword: KafkaSecret? = nil
    ) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
        self.keyPassword = keyPassword
    }
}
