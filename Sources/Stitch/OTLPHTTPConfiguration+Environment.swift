// SPDX-License-Identifier: Apache-2.0

import Foundation

extension OTLPHTTPConfiguration {
    /// What `OTEL_EXPORTER_OTLP_…` says; for each setting the variable of traces counts before that of all signals.
    init(_ reader: inout EnvironmentReader) {
        self.init()
        endpoint = Self.endpoint(&reader) ?? endpoint
        headers = Self.first("HEADERS", &reader) { reader, name in reader.pairs(name) } ?? headers
        timeout = Self.first("TIMEOUT", &reader) { reader, name in reader.timeout(name) } ?? timeout
        compression =
            Self.first("COMPRESSION", &reader) { reader, name in
                reader.choice(name, Compression.allCases.map { ($0.rawValue, $0) })
            } ?? compression
        encoding =
            Self.first("PROTOCOL", &reader) { reader, name in
                reader.choice(name, Encoding.allCases.map { ($0.rawValue, $0) })
            } ?? encoding
        certificateAuthority = Self.first("CERTIFICATE", &reader) { reader, name in reader.text(name) }
        clientCertificate = Self.first("CLIENT_CERTIFICATE", &reader) { reader, name in reader.text(name) }
        clientKey = Self.first("CLIENT_KEY", &reader) { reader, name in reader.text(name) }
    }

    private static func first<Value>(
        _ setting: String,
        _ reader: inout EnvironmentReader,
        _ read: (inout EnvironmentReader, String) -> Value?
    ) -> Value? {
        read(&reader, "OTEL_EXPORTER_OTLP_TRACES_\(setting)") ?? read(&reader, "OTEL_EXPORTER_OTLP_\(setting)")
    }

    /// That of traces is taken as it is; to that of all signals the path of traces is added.
    private static func endpoint(_ reader: inout EnvironmentReader) -> String? {
        if var own = url("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &reader) {
            if own.percentEncodedPath.isEmpty { own.percentEncodedPath = "/" }
            if let text = own.string { return text }
        }
        guard var base = url("OTEL_EXPORTER_OTLP_ENDPOINT", &reader) else { return nil }
        if !base.percentEncodedPath.hasSuffix("/") { base.percentEncodedPath += "/" }
        base.percentEncodedPath += "v1/traces"
        return base.string
    }

    private static func url(_ name: String, _ reader: inout EnvironmentReader) -> URLComponents? {
        guard let text = reader.text(name) else { return nil }
        if let components = URLComponents(string: text), let host = components.host, !host.isEmpty,
            ["http", "https"].contains(components.scheme?.lowercased())
        {
            return components
        }
        reader.ignore(name, "it must be a URL such as http://localhost:4318")
        return nil
    }
}
