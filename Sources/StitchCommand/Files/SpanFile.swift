// SPDX-License-Identifier: Apache-2.0

import StitchOTLP
import TelemetryData

/// A file of spans in OTLP: JSON lines, a request in protobuf, or several with their lengths, as the file exporter of
/// OpenTelemetry's collector writes them; each may be in gzip.
struct SpanFile {
    let path: String

    /// How many bytes a file of protobuf or a line of JSON may have once it is inflated: all of it is held in memory, and a
    /// small file in gzip can be made into any number.
    private let maximumByteCount: Int

    init(path: String, maximumByteCount: Int = 1 << 30) {
        (self.path, self.maximumByteCount) = (path, maximumByteCount)
    }

    private static let limits = OTLPLimits(maximumByteCount: .max, maximumElementCount: .max)

    /// Reads all spans, a line or a request at a time.
    ///
    /// What is no OTLP is told and left out.
    ///
    /// - Parameters:
    ///   - tell: Takes what was wrong.
    ///   - body: Takes spans.
    /// - Returns: How many lines or requests were left out.
    /// - Throws: What `body` throws, and an error if the file can't be read or nothing in it is OTLP.
    func read(
        tell: @escaping (String) -> Void,
        _ body: ([SpanData]) async throws -> Void
    ) async throws -> Int {
        let file = try GzipFile(path: path)
        var bytes = try await file.next()
        guard !bytes.isEmpty || file.isCutShort else { return 0 }
        let format = bytes.isEmpty ? .lines : SpanFileFormat(of: bytes)
        var report = SpanFileReport(name: name, unit: format == .protobuf ? "request" : "line", tell: tell)
        switch format {
        case .lines: try await readLines(bytes, of: file, &report, body)
        case .document:
            while bytes.count <= maximumByteCount, case let more = try await file.next(), !more.isEmpty {
                bytes += more
            }
            if let spans = try? OTLPJSONLines.decode(line: bytes[...].trimmed) {
                if let spans = report.spans({ spans }) { try await body(spans) }
            } else {
                // A line that was cut may seem to begin one.
                try await readLines(bytes, of: file, &report, body)
            }
        case .protobuf:
            while case let more = try await file.next(), !more.isEmpty {
                bytes += more
                try check(bytes.count, "the file")
            }
            try await readProtobuf(bytes, isCutShort: file.isCutShort, &report, body)
        }
        if file.isCutShort { report.miss() }
        return try report.end()
    }

    private func readLines(
        _ bytes: [UInt8],
        of file: GzipFile,
        _ report: inout SpanFileReport,
        _ body: ([SpanData]) async throws -> Void
    ) async throws {
        var bytes = bytes
        var buffer = LineBuffer()
        while !bytes.isEmpty {
            buffer.append(bytes)
            while let line = buffer.next() {
                if let spans = Self.spans(ofLine: line, &report) { try await body(spans) }
            }
            try check(buffer.rest.count, "a line")
            bytes = try await file.next()
        }
        // A part of a line is none.
        guard !file.isCutShort || (try? OTLPJSONLines.decode(line: buffer.rest.trimmed)) != nil else { return }
        if let spans = Self.spans(ofLine: buffer.rest, &report) { try await body(spans) }
    }

    private static func spans(ofLine line: ArraySlice<UInt8>, _ report: inout SpanFileReport) -> [SpanData]? {
        let line = line.trimmed
        guard !line.isEmpty else {
            report.skip()
            return nil
        }
        return report.spans { try OTLPJSONLines.decode(line: line) }
    }

    private func check(_ count: Int, _ part: String) throws {
        guard count > maximumByteCount else { return }
        throw CommandError.failure(
            "can't read \(name): \(part) has more than \(maximumByteCount >> 20) MiB; write JSON lines, a request each, to read "
                + "more than that"
        )
    }

    private var name: String { path == "-" ? "standard input" : path }

    private func readProtobuf(
        _ bytes: [UInt8],
        isCutShort: Bool,
        _ report: inout SpanFileReport,
        _ body: ([SpanData]) async throws -> Void
    ) async throws {
        if let whole = try? OTLP.decode(bytes, as: .protobuf, limits: Self.limits) {
            if let spans = report.spans({ whole.spans }) { try await body(spans) }
            return
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            let request = rest.dropFirst(4).prefix(length)
            let isWhole = rest.count >= 4 && request.count == length
            if !isWhole, isCutShort { return }
            let spans = report.spans { () throws(OTLPError) -> [SpanData] in
                guard isWhole else { throw OTLPError(.malformed, "its end is missing") }
                return try OTLP.decode(Array(request), as: .protobuf, limits: Self.limits).spans
            }
            if let spans { try await body(spans) }
            rest = rest.dropFirst(4 + request.count)
        }
    }
}
