// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// Spans as they are kept, encoded by whoever brings them, so that the writer's thread need not.
struct PreparedBatch: Sendable {
    /// The spans' OTLP bytes, one after the other.
    private(set) var bytes: [UInt8] = []
    /// Where each ends, and the place of its source.
    private(set) var records: [(end: Int, source: Int)] = []
    private(set) var sources: [SpanSourceKey] = []

    /// None yet.
    init() {}

    /// Makes room for so many bytes.
    mutating func reserve(byteCount: Int) { bytes.reserveCapacity(byteCount) }

    /// Has the spans that follow be of a source.
    mutating func begin(_ source: SpanSourceKey) { sources.append(source) }

    /// Adds a span of the source that was begun last.
    mutating func add(_ span: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: span)
        records.append((bytes.count, sources.count - 1))
    }

    /// Spans by value.
    init(_ spans: [SpanData]) {
        var origins = OriginTable()
        var records: [(end: Int, source: Int)] = []
        records.reserveCapacity(spans.count)
        bytes = ProtobufWriter.bytes(capacity: spans.count * 512) { writer in
            for span in spans where span.context.isValid {
                let place = origins.place(of: span.origin)
                writer.write(contentOf: span)
                records.append((writer.buffer.count, place))
            }
        }
        self.records = records
        sources = origins.origins.map { SpanSourceKey(resource: $0.resource, scope: $0.scope) }
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
                    add(field.bytes)
                }
            }
        }
    }
}

/// The origins of spans, each of which has a place.
private struct OriginTable {
    private(set) var origins: [SpanOrigin] = []
    private var index = HashIndex()
    private let seed = HashIndex.Seed()
    private var last = -1

    /// The place of an origin.
    mutating func place(of origin: SpanOrigin) -> Int {
        // Those of one message share theirs.
        if last >= 0, origins[last] === origin { return last }
        let hash = hash(origin)
        if let known = index.find(hash, { origins[$0] === origin || origins[$0] == origin }) {
            last = known
        } else {
            last = origins.count
            index.insert(hash, last)
            origins.append(origin)
        }
        return last
    }

    /// A hash of what is short in an origin; what is told apart by more is compared.
    private func hash(_ origin: SpanOrigin) -> UInt64 {
        var hash = UInt64(origin.resource.attributes.count)
        for element in origin.resource.attributes.elements.prefix(8) {
            guard case .string(let text) = element.value else { continue }
            hash = self.hash(text, after: hash)
        }
        return self.hash(origin.scope.name, after: hash)
    }

    private func hash(_ text: String, after first: UInt64) -> UInt64 {
        var text = text
        return text.withUTF8 { seed.hash(UnsafeRawBufferPointer($0), after: first) }
    }
}
