// SPDX-License-Identifier: Apache-2.0

/// Where OTLP goes over HTTP, and how.
public struct OTLPHTTPConfiguration: Sendable {
    /// How requests are compressed.
    public enum Compression: String, Sendable, CaseIterable {
        case gzip, none
    }

    /// How requests are encoded.
    public enum Encoding: String, Sendable, CaseIterable {
        /// Protocol buffers.
        case protobuf = "http/protobuf"
        /// OTLP's JSON.
        case json = "http/json"
    }

    /// Where requests are posted to, exactly as it stands: an `http` or `https` URL with its path.
    public var endpoint: String

    /// Fields that every request carries, such as `Authorization`; their values never reach errors or diagnostics.
    public var headers: [(name: String, value: String)] = []

    /// How long one export may take, all its attempts and waits together, above zero.
    public var timeout = Duration.seconds(10)

    /// How requests are compressed.
    public var compression = Compression.gzip

    /// How requests are encoded.
    public var encoding = Encoding.protobuf

    /// A file of certificates, in PEM, that the receiver's certificate must come from; `nil` trusts the system's.
    public var certificateAuthority: String?

    /// A file with the client's certificate, in PEM; needs ``clientKey``.
    public var clientCertificate: String?

    /// A file with the key of the client's certificate, in PEM.
    public var clientKey: String?

    /// Spans for a receiver at `/v1/traces` of this machine's port 4318, unless told otherwise.
    ///
    /// - Parameter endpoint: Where requests are posted to, exactly as it stands.
    public init(endpoint: String = "http://localhost:4318/v1/traces") {
        self.endpoint = endpoint
    }
}
