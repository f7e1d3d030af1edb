// SPDX-License-Identifier: Apache-2.0

public import Foundation
import StitchService

extension OTLPHTTPConfiguration {
    /// Which part of OpenTelemetry's variables counts, beside those for all telemetry.
    public enum Signal: String, Sendable, CaseIterable {
        case traces, metrics
    }

    /// What OpenTelemetry's variables say: `OTEL_EXPORTER_OTLP_ENDPOINT`, `_HEADERS`, `_TIMEOUT` (in milliseconds),
    /// `_COMPRESSION`, `_PROTOCOL`, `_CERTIFICATE`, `_CLIENT_CERTIFICATE` and `_CLIENT_KEY`.
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
        let variables = OTLPVariables(environment: environment, signal: signal)
        self.init(endpoint: variables.endpoint)
        if let found = variables["HEADERS"] { headers = OTLPVariables.headers(found) }
        timeout =
            variables.read("TIMEOUT", "a whole number of milliseconds from 1") { text in
                Int64(text).flatMap { $0 > 0 ? .milliseconds($0) : nil }
            } ?? timeout
        compression = variables.read("COMPRESSION", "gzip or none") { Compression(rawValue: $0) } ?? .none
        encoding = variables.read("PROTOCOL", "http/protobuf or http/json") { Encoding(rawValue: $0) } ?? encoding
        certificateAuthority = variables["CERTIFICATE"]?.value
        clientCertificate = variables["CLIENT_CERTIFICATE"]?.value
        clientKey = variables["CLIENT_KEY"]?.value
    }
}

/// OpenTelemetry's variables for one signal.
private struct OTLPVariables {
    let environment: [String: String]
    let signal: OTLPHTTPConfiguration.Signal

    /// The variable for the signal, else the one for all; `nil` when both are empty.
    subscript(_ name: String) -> (name: String, value: String)? {
        for full in ["\(ownPrefix)\(name)", "OTEL_EXPORTER_OTLP_\(name)"] {
            if let value = environment[full]?.trimmingCharacters(in: .whitespaces), !value.isEmpty {
                return (full, value)
            }
        }
        return nil
    }

    func read<Value>(_ name: String, _ expected: String, _ parse: (String) -> Value?) -> Value? {
        guard let (full, text) = self[name] else { return nil }
        if let value = parse(text) { return value }
        Diagnostics.log(.warning, "\(full) is ignored: it must be \(expected)")
        return nil
    }

    var endpoint: String {
        guard let (full, text) = self["ENDPOINT"] else { return "http://localhost:4318/v1/\(signal.rawValue)" }
        guard var url = URLComponents(string: text), ["http", "https"].contains(url.scheme?.lowercased()),
            url.host != nil
        else {
            Diagnostics.log(.warning, "\(full) is ignored: it must be a URL that begins with http:// or https://")
            return "http://localhost:4318/v1/\(signal.rawValue)"
        }
        guard !full.hasPrefix(ownPrefix) else { return text }
        let path = url.percentEncodedPath
        url.percentEncodedPath = path + (path.hasSuffix("/") ? "" : "/") + "v1/\(signal.rawValue)"
        return url.string ?? text
    }

    /// Headers in the form of W3C Baggage, without properties.
    static func headers(_ found: (name: String, value: String)) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        for pair in found.value.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts[0].trimmingCharacters(in: .whitespaces)
            guard parts.count == 2, !name.isEmpty,
                let value = parts[1].trimmingCharacters(in: .whitespaces).removingPercentEncoding
            else {
                Diagnostics.log(
                    .warning,
                    "a header in \(found.name) is ignored: it must be name=value, percent-encoded"
                )
                continue
            }
            headers.append((name, value))
        }
        return headers
    }

    private var ownPrefix: String { "OTEL_EXPORTER_OTLP_\(signal.rawValue.uppercased())_" }
}
