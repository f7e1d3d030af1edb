// SPDX-License-Identifier: Apache-2.0

public import Foundation
package import StitchService

extension OTLPHTTPConfiguration {
    /// Which part of OpenTelemetry's variables counts, beside those for all telemetry.
    public enum Signal: String, Sendable, CaseIterable {
        case traces, metrics
    }

    /// What OpenTelemetry's variables say: `OTEL_EXPORTER_OTLP_ENDPOINT`, `_HEADERS`, `_TIMEOUT` (in milliseconds, 0 sets
    /// no limit), `_COMPRESSION`, `_PROTOCOL`, `_CERTIFICATE`, `_CLIENT_CERTIFICATE` and `_CLIENT_KEY`.
    ///
    /// One that is for the signal alone (`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`) counts before the one for all. The
    /// endpoint for all is the base of `v1/traces`; one for the signal is used exactly as it stands. An empty variable is
    /// none; a wrong one is warned about by name and ignored, its value not told. Without a variable nothing is compressed.
    ///
    /// - Parameters:
    ///   - environment: Variables by name; the process's, unless given.
    ///   - signal: What is to be sent.
    public init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        signal: Signal = .traces
    ) {
        var reader = EnvironmentReader(environment)
        self.init(&reader, signal: signal)
        reader.tell()
    }

    package init(_ reader: inout EnvironmentReader, signal: Signal) {
        self.init(endpoint: Self.endpoint(&reader, signal))
        func first<Value>(_ setting: String, _ read: (inout EnvironmentReader, String) -> Value?) -> Value? {
            read(&reader, signal.variable(setting)) ?? read(&reader, "OTEL_EXPORTER_OTLP_\(setting)")
        }
        headers = first("HEADERS") { reader, name in Self.headers(&reader, name) } ?? headers
        timeout = first("TIMEOUT") { reader, name in reader.timeout(name) } ?? timeout
        // Other than by code: what OpenTelemetry sets for its variables is that nothing is compressed.
        compression =
            first("COMPRESSION") { reader, name in
                reader.choice(name, Compression.allCases.map { ($0.rawValue, $0) })
            } ?? .none
        encoding =
            first("PROTOCOL") { reader, name in
                reader.choice(name, Encoding.allCases.map { ($0.rawValue, $0) })
            } ?? encoding
        func file(_ setting: String) -> (path: String, variable: String)? {
            first(setting) { reader, name in reader.text(name).map { ($0, name) } }
        }
        let authority = file("CERTIFICATE")
        var certificate = file("CLIENT_CERTIFICATE"), key = file("CLIENT_KEY")
        if (certificate == nil) != (key == nil) {
            if let certificate { reader.ignore(certificate.variable, "it needs OTEL_EXPORTER_OTLP_CLIENT_KEY") }
            if let key { reader.ignore(key.variable, "it needs OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE") }
            (certificate, key) = (nil, nil)
        }
        (certificateAuthority, clientCertificate, clientKey) = (authority?.path, certificate?.path, key?.path)
        variables = [
            "certificateAuthority": authority, "clientCertificate": certificate, "clientKey": key,
        ].compactMapValues { $0 }
    }

    /// Header fields, but for those whose values could write fields of their own; `nil` if there are none.
    private static func headers(_ reader: inout EnvironmentReader, _ name: String) -> [(name: String, value: String)]? {
        guard let pairs = reader.pairs(name) else { return nil }
        let headers = pairs.filter { isPrintable($0.value) }
        if headers.count < pairs.count { reader.ignorePart(of: name, "its value has control characters") }
        return headers.isEmpty ? nil : headers
    }

    /// That of the signal is taken as it is; to that of all signals the path of the signal is added.
    private static func endpoint(_ reader: inout EnvironmentReader, _ signal: Signal) -> String {
        if var own = url(signal.variable("ENDPOINT"), &reader) {
            if own.percentEncodedPath.isEmpty { own.percentEncodedPath = "/" }
            if let text = own.string { return text }
        }
        let usual = "http://localhost:4318/v1/\(signal.rawValue)"
        guard var base = url("OTEL_EXPORTER_OTLP_ENDPOINT", &reader) else { return usual }
        if !base.percentEncodedPath.hasSuffix("/") { base.percentEncodedPath += "/" }
        base.percentEncodedPath += "v1/\(signal.rawValue)"
        return base.string ?? usual
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

extension OTLPHTTPConfiguration.Signal {
    /// The variable that is for the signal alone.
    fileprivate func variable(_ setting: String) -> String {
        "OTEL_EXPORTER_OTLP_\(rawValue.uppercased())_\(setting)"
    }
}
