// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where OTLP goes over HTTP, and how.
public struct OTLPHTTPConfiguration: Sendable {
    /// How requests are compressed.
    public enum Compression: String, Sendable, CaseIterable {
        case gzip, none
    }

    /// How requests are encoded.
    public enum Encoding: String, Sendable, CaseIterable {
        /// In protobuf.
        case protobuf = "http/protobuf"
        /// In OTLP's JSON.
        case json = "http/json"

        /// The encoding of a message.
        public var format: OTLPFormat { self == .json ? .json : .protobuf }
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
    ///
    /// It and the following are read for `https` alone.
    public var certificateAuthority: String?

    /// A file with the client's certificate, in PEM; needs ``clientKey``.
    public var clientCertificate: String?

    /// A file with the key of the client's certificate, in PEM.
    public var clientKey: String?

    /// How large a request may be before it is compressed, in bytes; a larger one is not sent.
    public var maximumRequestSize = 64 << 20

    /// How large an answer may be, in bytes; of a larger one only the beginning is received, and its status counts.
    public var maximumAnswerSize = 4 << 20

    /// From which variables the files' paths were read, by option.
    var variables: [String: (path: String, variable: String)] = [:]

    /// Spans for a receiver at `/v1/traces` of this machine's port 4318, unless told otherwise.
    ///
    /// - Parameter endpoint: Where requests are posted to, exactly as it stands.
    public init(endpoint: String = "http://localhost:4318/v1/traces") {
        self.endpoint = endpoint
    }

    /// The endpoint as errors may name it: without a password, a query or a fragment.
    var displayedEndpoint: String {
        guard var components = URLComponents(string: endpoint) else { return "the endpoint" }
        (components.user, components.password, components.query, components.fragment) = (nil, nil, nil, nil)
        return components.string ?? "the endpoint"
    }

    func validate() throws(OTLPError) {
        let components = URLComponents(string: endpoint)
        let scheme = components?.scheme?.lowercased()
        try require(
            (scheme == "http" || scheme == "https") && components?.host?.isEmpty == false
                && Self.isPrintable(endpoint),
            "endpoint is \(displayedEndpoint.debugDescription); write a URL such as http://localhost:4318/v1/traces"
        )
        for (name, value) in headers {
            try require(
                !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") },
                "a header's name is \(name.debugDescription); write letters, digits and hyphens"
            )
            // Line ends would let a value write fields of its own.
            try require(
                Self.isPrintable(value),
                "the value of the header \(name) has control characters; leave them out"
            )
        }
        try require(timeout > .zero, "timeout is \(timeout); write more than zero")
        try require(maximumRequestSize > 0, "maximumRequestSize is \(maximumRequestSize); write 1 byte or more")
        try require(maximumAnswerSize > 0, "maximumAnswerSize is \(maximumAnswerSize); write 1 byte or more")
        try require(
            (clientCertificate == nil) == (clientKey == nil),
            "clientCertificate and clientKey belong together, and one is not set; set both or neither"
        )
        if scheme == "https" { try validateFiles() }
    }

    private func validateFiles() throws(OTLPError) {
        for (option, path) in [
            ("certificateAuthority", certificateAuthority), ("clientCertificate", clientCertificate),
            ("clientKey", clientKey),
        ] {
            guard let path else { continue }
            // By its variable, for who configures by those; one that code has overruled has no part in it.
            let name = variables[option].flatMap { $0.path == path ? $0.variable : nil } ?? option
            try require(
                !path.contains("\0") && FileManager.default.isReadableFile(atPath: path),
                "\(name) is \(path.debugDescription), which can't be read; write the path of a PEM file"
            )
        }
    }

    static func isPrintable(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }

    private func require(_ isRight: Bool, _ message: @autoclosure () -> String) throws(OTLPError) {
        if !isRight { throw OTLPError(.invalidConfiguration, message()) }
    }
}
