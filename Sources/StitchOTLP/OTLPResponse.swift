// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// What a receiver answers to a request that it took, wholly or in part: the same message for spans, metrics and logs
/// (`ExportTraceServiceResponse` and its like).
public struct OTLPResponse: Sendable, Hashable {
    /// How many spans, data points or records were rejected; they must not be sent again.
    public var rejectedCount: Int64

    /// Why they were rejected; with nothing rejected, a warning.
    ///
    /// Empty if there is nothing to say.
    public var errorMessage: String

    /// An answer; that all is well, unless told otherwise.
    public init(rejectedCount: Int64 = 0, errorMessage: String = "") {
        self.rejectedCount = rejectedCount
        self.errorMessage = errorMessage
    }

    /// Whether all was taken, without a warning.
    public var isComplete: Bool { rejectedCount == 0 && errorMessage.isEmpty }

    /// What is counted in a response, by the name that JSON has for it.
    public enum Signal: Sendable, Hashable, CaseIterable {
        /// Spans.
        case traces
        /// Data points.
        case metrics
        /// Log records.
        case logs

        var rejectedKey: StaticString {
            switch self {
            case .traces: "\"rejectedSpans\":"
            case .metrics: "\"rejectedDataPoints\":"
            case .logs: "\"rejectedLogRecords\":"
            }
        }
    }

    /// The response's bytes.
    public func encode(as format: OTLPFormat, signal: Signal = .traces) -> [UInt8] {
        switch format {
        case .protobuf:
            var writer = ProtobufWriter()
            if !isComplete {
                writer.write(message: 1) { writer in
                    if rejectedCount != 0 { writer.write(varint: UInt64(bitPattern: rejectedCount), field: 1) }
                    writer.write(nonEmpty: errorMessage, field: 2)
                }
            }
            return writer.bytes
        case .json:
            var json = JSONWriter(capacity: 64)
            json.object { json in
                if isComplete { return }
                json.key("\"partialSuccess\":")
                json.object { json in
                    if rejectedCount != 0 {
                        json.key(signal.rejectedKey)
                        json.quoted(rejectedCount)
                    }
                    json.write(nonEmpty: errorMessage, "\"errorMessage\":")
                }
            }
            return json.buffer.bytes
        }
    }

    /// Reads a response, of any signal.
    ///
    /// - Parameters:
    ///   - bytes: The whole body. None at all means that all was taken.
    ///   - format: The encoding.
    ///   - maximumByteCount: How many bytes are read; 4 MiB, as OTLP recommends, unless told otherwise.
    /// - Throws: ``OTLPError``: `tooLarge` or `malformed`.
    public init(
        _ bytes: [UInt8],
        as format: OTLPFormat,
        maximumByteCount: Int = 4 << 20
    ) throws(OTLPError) {
        self.init()
        try OTLPAnswerBody.check(bytes, maximumByteCount)
        guard !bytes.isEmpty else { return }
        do {
            try bytes.withUnsafeBytes { bytes in
                switch format {
                case .protobuf: try read(ProtobufReader(bytes, maximumDepth: 8))
                case .json: try read(OTLPJSONReader(bytes, limits: OTLPLimits()))
                }
            }
        } catch {
            throw OTLPError(wrapping: error)
        }
    }

    private mutating func read(_ message: ProtobufReader) throws(ProtobufError) {
        var message = message
        while let field = try message.next() {
            guard field.number == 1, field.type == .lengthDelimited else { continue }
            var partial = try message.message(field)
            while let field = try partial.next() {
                switch (field.number, field.type) {
                case (1, .varint): rejectedCount = Int64(bitPattern: field.bits)
                case (2, .lengthDelimited): errorMessage = field.string
                default: break
                }
            }
        }
    }

    private mutating func read(_ reader: OTLPJSONReader) throws(OTLPError) {
        var reader = reader
        try reader.message { reader, key throws(OTLPError) in
            guard key.is("partialSuccess") else { return false }
            guard var isFirst = try reader.object("partialSuccess") else { return true }
            while let key = try reader.json.nextKey(&isFirst) {
                if key.is("rejectedSpans") || key.is("rejectedDataPoints") || key.is("rejectedLogRecords") {
                    rejectedCount = try reader.integer("rejectedSpans")
                } else if key.is("errorMessage") {
                    errorMessage = try reader.string("errorMessage")
                } else {
                    try reader.json.skip()
                }
            }
            return true
        }
    }
}
