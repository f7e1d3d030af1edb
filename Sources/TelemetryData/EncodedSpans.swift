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

    /// The groups, none of them empty, each pair of resource and scope once.
    package private(set) var groups: [Group] = []

    /// Nothing so far.
    package init() {}

    /// How many spans there are.
    package var count: Int { groups.reduce(0) { $0 + $1.count } }

    /// Makes a group for spans to come.
    ///
    /// - Returns: Its place.
    package mutating func addGroup(_ resource: Resource, _ scope: InstrumentationScope, byteCount: Int) -> Int {
        var group = Group(resource: resource, scope: scope)
        group.bytes.reserveCapacity(byteCount)
        groups.append(group)
        return groups.count - 1
    }

    /// Adds a span to a group.
    ///
    /// - Parameters:
    ///   - span: OTLP's `Span`.
    ///   - group: The group's place.
    package mutating func append(_ span: UnsafeRawBufferPointer, to group: Int) {
        groups[group].append(span)
    }

    /// The spans by value.
    package var spans: [SpanData] {
        var spans: [SpanData] = []
        spans.reserveCapacity(count)
        var decoder = TelemetryDecoder()
        for group in groups { group.bytes.withUnsafeBytes { group.decode($0, with: &decoder, into: &spans) } }
        return spans
    }
}

extension EncodedSpans.Group {
    fileprivate mutating func append(_ span: UnsafeRawBufferPointer) {
        count += 1
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
        var reader = ProtobufReader(own: bytes)
        while let field = try? reader.next() {
            guard let message = try? reader.message(field), var span = try? decoder.span(message) else { continue }
            span.resource = resource
            span.scope = scope
            spans.append(span)
        }
    }
}
