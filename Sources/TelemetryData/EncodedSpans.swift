// SPDX-License-Identifier: Apache-2.0

/// Finished spans as the bytes that OTLP has for them, by who made them.
package struct EncodedSpans: Sendable {
    /// Spans of one resource and one scope.
    package struct Group: Sendable {
        /// What produced them.
        package let resource: Resource

        /// Which library made them.
        package let scope: InstrumentationScope

        /// The `spans` of OTLP's `ScopeSpans`: fields of number 2, one after the other.
        package fileprivate(set) var bytes: [UInt8] = []

        /// How many there are.
        package fileprivate(set) var count = 0
    }

    // Some may be empty: their memory is kept for the next batch.
    private var all: [Group] = []

    /// The groups, none of them empty, each pair of resource and scope once.
    package var groups: [Group] { all.filter { $0.count > 0 } }

    /// Nothing so far.
    package init() {}

    /// How many spans there are.
    package private(set) var count = 0

    /// How many groups were made.
    package var groupCount: Int { all.count }

    /// Makes a group for spans to come; its place is how many there were.
    package mutating func addGroup(_ resource: Resource, _ scope: InstrumentationScope) {
        all.append(Group(resource: resource, scope: scope))
    }

    /// Forgets the spans, and keeps groups and memory for others; of memory that was needed only once not too much.
    package mutating func removeAll() {
        count = 0
        for index in all.indices { all[index].removeAll() }
    }

    /// Adds a span to a group.
    ///
    /// - Parameters:
    ///   - span: OTLP's `Span`.
    ///   - group: The group's place.
    package mutating func append(_ span: UnsafeRawBufferPointer, to group: Int) {
        count += 1
        all[group].append(span)
    }

    /// The spans by value.
    package var spans: [SpanData] {
        var spans: [SpanData] = []
        spans.reserveCapacity(count)
        var decoder = TelemetryDecoder()
        for group in all { group.bytes.withUnsafeBytes { group.decode($0, with: &decoder, into: &spans) } }
        return spans
    }
}

extension EncodedSpans.Group {
    private static var keptCapacity: Int { 1 << 20 }

    fileprivate mutating func removeAll() {
        count = 0
        bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptCapacity)
    }

    fileprivate mutating func append(_ span: UnsafeRawBufferPointer) {
        count += 1
        if bytes.capacity == 0 { bytes.reserveCapacity(256 << 10) }
        bytes.append(0x12)
        var length = span.count
        while length >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: length) | 0x80)
            length >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: length))
        bytes.append(contentsOf: span)
    }

    fileprivate func decode(
        _ bytes: UnsafeRawBufferPointer,
        with decoder: inout TelemetryDecoder,
        into spans: inout [SpanData]
    ) {
        var reader = ProtobufReader(bytes)
        while let field = try? reader.next() {
            guard let message = try? reader.message(field) else { continue }
            _ = try? decoder.span(message, of: resource, scope, into: &spans)
        }
    }
}
