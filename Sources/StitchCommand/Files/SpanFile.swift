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
        guard !bytes.isEmpty else { return 0 }
        guard Self.isJSON(bytes) else {
            while case let more = try await file.next(), !more.isEmpty {
                bytes += more
                try check(bytes.count, "the file")
            }
            return try await readProtobuf(bytes, tell, body)
        }
        var lines = LineReport(name: name, unit: "line", tell: tell)
        var buffer = LineBuffer()
        while !bytes.isEmpty {
            buffer.append(bytes)
            while let line = buffer.next() {
                if let spans = lines.spans({ try Self.spans(ofLine: line) }) { try await body(spans) }
            }
            try check(buffer.rest.count, "a line")
            bytes = try await file.next()
        }
        if let spans = lines.spans({ try Self.spans(ofLine: buffer.rest) }), !spans.isEmpty { try await body(spans) }
        return try lines.end()
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
        _ tell: @escaping (String) -> Void,
        _ body: ([SpanData]) async throws -> Void
    ) async throws -> Int {
        if let whole = try? OTLP.decode(bytes, as: .protobuf, limits: Self.limits) {
            try await body(whole.spans)
            return 0
        }
        var requests = LineReport(name: name, unit: "request", tell: tell)
        var rest = bytes[...]
        while rest.count >= 4 {
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            let request = rest.dropFirst(4).prefix(length)
            let spans = requests.spans { () -> [SpanData]? in
                guard request.count == length else { return nil }
                return try OTLP.decode(Array(request), as: .protobuf, limits: Self.limits).spans
            }
            if let spans { try await body(spans) }
            rest = rest.dropFirst(4 + request.count)
        }
        if !rest.isEmpty { _ = requests.spans { () -> [SpanData]? in nil } }
        return try requests.end()
    }

    /// Protobuf may begin like an empty line of JSON, so it is tried first.
    private static func isJSON(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first(where: { !UInt8.whiteSpace.contains($0) }), first == UInt8(ascii: "{") else {
            return false
        }
        return bytes.first != 0x0a || (try? OTLP.decode(bytes, as: .protobuf, limits: limits)) == nil
    }

    private static func spans(ofLine line: ArraySlice<UInt8>) throws -> [SpanData]? {
        guard line.contains(where: { !UInt8.whiteSpace.contains($0) }) else { return [] }
        return try OTLPJSONLines.decode(line: line)
    }
}

extension UInt8 {
    fileprivate static let whiteSpace: Set<UInt8> = [0x20, 0x09, 0x0d, 0x0a]
}

/// Counts the lines of a file, and tells of the first few that are none of OTLP.
private struct LineReport {
    let name: String
    let unit: String
    let tell: (String) -> Void
    private var count = 0
    private var badCount = 0
    private var firstProblem = ""

    private static let mostTold = 5

    init(name: String, unit: String, tell: @escaping (String) -> Void) {
        self.name = name
        self.unit = unit
        self.tell = tell
    }

    mutating func spans(_ read: () throws -> [SpanData]?) -> [SpanData]? {
        count += 1
        do {
            if let spans = try read() { return spans }
            refuse("its end is missing")
        } catch {
            refuse("\(error)")
        }
        return nil
    }

    private mutating func refuse(_ reason: String) {
        badCount += 1
        let problem = "\(unit) \(count) of \(name) is no OTLP and left out: \(reason)"
        if badCount == 1 { firstProblem = problem }
        if badCount <= Self.mostTold { tell(problem) }
    }

    func end() throws(CommandError) -> Int {
        guard badCount == 0 || badCount < count else {
            throw .failure("there are no spans in \(name): \(firstProblem)")
        }
        if badCount > Self.mostTold { tell("\(badCount - Self.mostTold) more like this in \(name)") }
        return badCount
    }
}
