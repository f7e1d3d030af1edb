// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Spans as they are kept, encoded by whoever brings them, so that the writer's thread need not.
struct PreparedBatch: Sendable {
    /// The spans' OTLP bytes, one after the other.
    private(set) var bytes: [UInt8] = []
    /// Where each ends, and the place of its source.
    private(set) var records: [(end: Int, source: Int)] = []
    private(set) var sources: [SpanSourceKey] = []

    /// Spans by value.
    init(_ spans: [SpanData]) {
        // Those of one process, or of one message, share their origin.
        var origins: [SpanOrigin] = []
        var records: [(end: Int, source: Int)] = []
        records.reserveCapacity(spans.count)
        bytes = ProtobufWriter.bytes(capacity: spans.count * 512) { writer in
            for span in spans where span.context.isValid {
                let place: Int
                if let last = records.last?.source, origins[last] === span.origin {
                    place = last
                } else {
                    place = Self.place(of: span.origin, in: &origins)
                }
                writer.write(contentOf: span)
                records.append((writer.buffer.count, place))
            }
        }
        self.records = records
        sources = origins.map { SpanSourceKey(resource: $0.resource, scope: $0.scope) }
    }

    private static func place(of origin: SpanOrigin, in origins: inout [SpanOrigin]) -> Int {
        // A few looks are quicker than a hash.
        let recent = max(0, origins.count - 64)..<origins.count
        if let place = recent.last(where: { origins[$0] === origin }) ?? recent.last(where: { origins[$0] == origin }) {
            return place
        }
        origins.append(origin)
        return origins.count - 1
    }

    /// Spans that are encoded.
    init(_ spans: EncodedSpans) {
        records.reserveCapacity(spans.count)
        for group in spans.groups {
            sources.append(SpanSourceKey(resource: group.resource, scope: group.scope))
            group.bytes.withUnsafeBytes { group in
                var reader = ProtobufReader(own: group)
                while let field = try? reader.next() {
                    guard field.number == 2, field.type == .lengthDelimited else { continue }
                    bytes.append(contentsOf: field.bytes)
                    records.append((bytes.count, sources.count - 1))
                }
            }
        }
    }
}
