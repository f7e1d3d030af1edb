// SPDX-License-Identifier: Apache-2.0

public import Foundation
public import TelemetryData

/// OTLP in its JSON encoding, one request a line, as the file exporter of OpenTelemetry's collector writes it.
public enum OTLPJSONLines {
    /// One line of these spans, with its line feed.
    ///
    /// - Throws: Nothing today: every span can be written.
    public static func encode(_ spans: [SpanData]) throws(OTLPError) -> Data {
        var json = JSONWriter(capacity: 512 + spans.count * 1024)
        spans.withUnsafeBufferPointer { json.write(SpanGroups($0), of: $0) }
        json.buffer.append(UInt8(ascii: "\n"))
        return json.buffer.withUnsafeBytes { Data($0) }
    }

    /// The spans of one line.
    ///
    /// A span without valid ids is left out.
    public static func decode(line: some DataProtocol) throws(OTLPError) -> [SpanData] {
        let bytes = [UInt8](line)
        // A file is somebody's own, so it may be of any size.
        let limits = OTLPLimits(maximumByteCount: .max, maximumElementCount: .max)
        return try OTLP.decode(bytes, as: .json, limits: limits).spans
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
