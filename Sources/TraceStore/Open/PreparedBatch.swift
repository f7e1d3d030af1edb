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
        var sources: [SpanSourceKey] = []
        var records: [(end: Int, source: Int)] = []
        records.reserveCapacity(spans.count)
        bytes = ProtobufWriter.bytes(capacity: spans.count * 512) { writer in
            for span in spans where span.context.isValid {
                let place: Int
                if let last = records.last?.source, sources[last].scope == span.scope,
                    sources[last].resource == span.resource
                {
                    place = last
                } else {
                    // Those of one process share their memory, which is much quicker to see than to make a hash of it.
                    let known = sources.suffix(64).lastIndex {
                        $0.resource == span.resource && $0.scope == span.scope
                    }
                    place = known ?? sources.count
                    if known == nil { sources.append(SpanSourceKey(resource: span.resource, scope: span.scope)) }
                }
                writer.write(contentOf: span)
                records.append((writer.buffer.count, place))
            }
        }
        (self.sources, self.records) = (sources, records)
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
