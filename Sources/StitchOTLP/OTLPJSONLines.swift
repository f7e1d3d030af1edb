// SPDX-License-Identifier: Apache-2.0

public import Foundation
public import TelemetryData

/// OTLP in its JSON encoding, one request a line, as the file exporter of OpenTelemetry's collector writes it.
public enum OTLPJSONLines {
    /// One line of these spans, with its line feed.
    public static func encode(_ spans: [SpanData]) throws(OTLPError) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return try encoder.encode(OTLPTraces(spans)) + Data("\n".utf8)
        } catch {
            throw OTLPError(.malformed, "\(spans.count) spans can't be written as JSON", cause: error)
        }
    }

    /// The spans of one line.
    ///
    /// A span without valid ids is left out.
    public static func decode(line: some DataProtocol) throws(OTLPError) -> [SpanData] {
        do {
            return try JSONDecoder().decode(OTLPTraces.self, from: Data(line)).spans
        } catch {
            throw OTLPError(.malformed, "a line is not OTLP in its JSON encoding", cause: error)
        }
    }

    /// The spans of a whole file.
    public static func read(contentsOf file: URL) throws(OTLPError) -> [SpanData] {
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            throw OTLPError(.file, "can't read \(file.path)", cause: error)
        }
        var spans: [SpanData] = []
        for line in data.split(separator: UInt8(ascii: "\n")) { spans += try decode(line: line) }
        return spans
    }
}
