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
        package var bytes: ArraySlice<UInt8> { memory[..<used] }

        // All of it is initialised, so that many spans can be put there in one go.
        fileprivate var memory: [UInt8] = []
        fileprivate var used = 0

        fileprivate init(_ resource: Resource, _ scope: InstrumentationScope) {
            self.resource = resource
            self.scope = scope
        }

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
        all.append(Group(resource, scope))
    }

    /// Forgets the spans, and keeps groups and memory for others; of memory that was needed only once not too much.
    package mutating func removeAll() {
        count = 0
        for index in all.indices { all[index].removeAll() }
    }

    /// Adds spans to a group.
    ///
    /// - Parameters:
    ///   - group: The group's place.
    ///   - byteCount: How many bytes they have at most.
    ///   - write: Writes them where it is told, as fields of number 2, and returns how many bytes and how many spans.
    package mutating func append(
        to group: Int,
        upTo byteCount: Int,
        _ write: (UnsafeMutableRawPointer) -> (bytes: Int, count: Int)
    ) {
        count += all[group].append(upTo: byteCount, write)
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
        (count, used) = (0, 0)
        if memory.count > Self.keptCapacity { memory = [] }
    }

    fileprivate mutating func append(
        upTo byteCount: Int,
        _ write: (UnsafeMutableRawPointer) -> (bytes: Int, count: Int)
    ) -> Int {
        let missing = used + byteCount - memory.count
        if missing > 0 { memory.append(contentsOf: repeatElement(0, count: max(missing, memory.count))) }
        let written = memory.withUnsafeMutableBytes { memory in
            memory.baseAddress.map { write($0 + used) } ?? (bytes: 0, count: 0)
        }
        used += written.bytes
        count += written.count
        return written.count
    }

    fileprivate func decode(
        _ bytes: UnsafeRawBufferPointer,
        with decoder: inout TelemetryDecoder,
        into spans: inout [SpanData]
    ) {
        var reader = ProtobufReader(own: bytes)
        let origin = SpanOrigin(resource, scope)
        while let field = try? reader.next() {
            guard let message = try? reader.message(field) else { continue }
            _ = try? decoder.span(message, of: origin, into: &spans)
        }
    }
}
