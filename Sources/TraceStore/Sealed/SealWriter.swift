// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow

/// Makes a sealed file of spans, each of which is added once.
///
/// The file is a function of the spans and of nothing else. They are held in memory until it is made, in flat arrays: of a
/// span there is a row, and places in what all share.
struct SealWriter {
    /// What is known of a span.
    struct Row {
        var span: UInt64
        var parent: UInt64
        var start: UInt64
        var duration: Int64
        /// The number of its trace; once they are sorted, in the order of their first starts.
        var trace: Int32
        /// The number of its shape.
        var shape: Int32
        var source: UInt32
        /// The number of its name; once there are classes, of its class.
        var name: UInt32
        /// Where its values are noted.
        var values: ShortRange
        /// Where hashes of its attributes are.
        var attributes: ShortRange
        /// Where its links are, and what they lead to.
        var links: ShortRange
        var targets: ShortRange
        var wait: UInt8
        var hasError: Bool
    }

    struct Trace {
        var id: TraceID
        var count: UInt32 = 0
        var summary = TraceSummary()
    }

    /// A link, as its span's bytes have it.
    struct Link {
        /// Where its ids are in the memory: that of the trace, and 18 bytes behind it that of the span.
        var ids: Int
        var shape: Int32
        var values: ShortRange
    }

    /// Spans of which others have the shape, and of the others what differs.
    private(set) var memory: [UInt8] = []
    var rows: [Row] = []
    var traces: [Trace] = []
    private(set) var attributes: [UInt32] = []
    private(set) var links: [Link] = []
    /// Hashes of the traces that links lead to, and whether they join flows.
    private(set) var targets: [UInt64] = []
    private(set) var sources = SourceTable()
    private(set) var names = NameTable()
    private(set) var shaper = SpanShaper()
    private(set) var linkShaper = SpanShaper()
    private var traceIndex = HashIndex()
    let seed = HashIndex.Seed()
    private var facts = SpanFacts()

    /// How many spans there are.
    var count: Int { rows.count }

    init() {}

    /// Makes room for spans.
    mutating func reserve(spans count: Int) {
        // What isn't used costs nothing.
        memory.reserveCapacity(count * 192)
        rows.reserveCapacity(count)
        attributes.reserveCapacity(count * 24)
        links.reserveCapacity(count * 2)
        targets.reserveCapacity(count * 2)
        shaper.reserve(values: count * 12)
        linkShaper.reserve(values: count * 4)
    }

    /// The number by which spans of a source are added.
    mutating func number(of source: SpanSourceKey) -> UInt32 { sources[source] ?? sources.add(source) }

    /// Whether there is room for another span, of so many bytes.
    func hasRoom(for count: Int) -> Bool {
        count < ByteRange.maximumCount && memory.count < ByteRange.maximumStart - count * 2
            && max(shaper.values.count, attributes.count, linkShaper.values.count) < UInt32.max - 0x1000_0000
    }

    /// Adds a span.
    mutating func add(_ bytes: UnsafeRawBufferPointer, source: UInt32) throws(DamagedBytes) {
        guard hasRoom(for: bytes.count) else { throw DamagedBytes() }
        try facts.read(bytes, isOutlined: true)
        guard facts.traceID.isValid, facts.spanID.isValid else { return }
        let firstAttribute = attributes.count
        attributes += facts.attributes
        let firstTarget = targets.count
        for link in facts.links { targets.append(UInt64(link.traceID.linkHash) << 1 | (link.joins ? 1 : 0)) }
        let firstLink = links.count
        let shaped = shape(bytes, source)
        rows.append(
            Row(
                span: facts.spanID.bits,
                parent: facts.parent.bits,
                start: facts.start,
                duration: facts.duration,
                trace: noteTrace(),
                shape: shaped.shape,
                source: source,
                name: names.number(of: facts.name),
                values: ShortRange(shaped.values),
                attributes: ShortRange(firstAttribute..<attributes.count),
                links: ShortRange(firstLink..<links.count),
                targets: ShortRange(firstTarget..<targets.count),
                wait: SealedFormat.waitCode(facts.wait),
                hasError: facts.hasError
            )
        )
    }

    /// Finds the shapes of the span that was read, and of its links.
    private mutating func shape(_ bytes: UnsafeRawBufferPointer, _ source: UInt32) -> SpanShaper.Shaped {
        let first = links.count
        if addLinks(bytes), let shaped = find(bytes, first, source) { return shaped }
        // There are too many shapes.
        links.removeLast(links.count - first)
        facts.simplifyOutline()
        return find(bytes, first, source) ?? SpanShaper.Shaped(shape: 0, values: 0..<0)
    }

    /// Adds the links of the span that was read; whether there is a shape for each.
    private mutating func addLinks(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for link in facts.outline.links {
            let list = facts.outline.tails.pieces
            guard
                let shaped = linkShaper.add(
                    list,
                    link.pieces,
                    link.hash,
                    of: bytes,
                    to: &memory,
                    links: 0,
                    source: 0
                )
            else { return false }
            links.append(Link(ids: memory.count, shape: shaped.shape, values: ShortRange(shaped.values)))
            memory.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[link.ids..<link.ids + 26]))
        }
        return true
    }

    private mutating func find(
        _ bytes: UnsafeRawBufferPointer,
        _ links: Int,
        _ source: UInt32
    ) -> SpanShaper.Shaped? {
        let list = facts.outline.whole
        let range = 0..<list.pieces.count
        return shaper.add(list.pieces, range, list.hash, of: bytes, to: &memory, links: links, source: source)
    }

    private mutating func noteTrace() -> Int32 {
        let id = facts.traceID
        let hash = seed.hash(id.high, id.low)
        let number: Int
        if let known = traceIndex.find(hash, { traces[$0].id == id }) {
            number = known
        } else {
            number = traces.count
            traceIndex.insert(hash, number)
            traces.append(Trace(id: id))
        }
        traces[number].count += 1
        traces[number].summary.add(facts)
        return Int32(truncatingIfNeeded: number)
    }
}

/// A range of places below 2^32.
struct ShortRange {
    private var start: UInt32
    private var count: UInt32

    @inline(__always)
    init(_ range: Range<Int>) {
        (start, count) = (UInt32(truncatingIfNeeded: range.lowerBound), UInt32(truncatingIfNeeded: range.count))
    }

    @inline(__always)
    var range: Range<Int> { Int(start)..<Int(start) &+ Int(count) }
}
