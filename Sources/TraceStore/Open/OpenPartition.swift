// SPDX-License-Identifier: Apache-2.0

import Dispatch
import TelemetryData
import TraceContext
import TraceFlow

/// The partition that spans are written to, or one that is about to be sealed.
///
/// The newest copy of a span in it says all that copies before it said, in this partition or in older ones: they are united
/// when it is written. Used on the store's thread alone, but for what ``OpenPartition/reading(_:)`` lends to readers:
/// that is why it is `@unchecked Sendable`.
final class OpenPartition: @unchecked Sendable {
    /// A row of another partition that a span of this one has replaced.
    struct Superseded: Hashable {
        var partition: Int64
        var row: Int
    }

    let number: Int64
    let file: OpenFile
    // One thread at a time is in here, so nothing overlaps; to have that checked anew for each span takes a twelfth of a
    // commit's time.
    @exclusivity(unchecked) private(set) var index = OpenIndex()
    @exclusivity(unchecked) private(set) var sources = SourceTable()
    private(set) var byteCount = 0
    @exclusivity(unchecked) private(set) var lastBatch: Int64 = 0
    /// A batch that is not in the file yet.
    @exclusivity(unchecked) private var unwritten: [UInt8] = []
    /// Older partitions that have spans of a trace, the newest first.
    @exclusivity(unchecked) private var older: [UInt32: [Int64]] = [:]
    private unowned let partitions: PartitionList
    /// Index and sources change, and are looked at by readers, in its turn.
    let access = DispatchQueue(label: "stitch-store-index")

    /// Spans that a later copy in a newer partition has replaced.
    var superseded: Set<SpanReference> = []
    /// Rows of sealed partitions that spans of this one have replaced.
    var supersedes: Set<Superseded> = []
    /// When its first span arrived here, since the store was opened.
    var firstArrival: Timestamp?

    private static let batchSize = 1 << 20

    init(_ number: Int64, _ file: OpenFile, among partitions: PartitionList) {
        self.number = number
        self.file = file
        self.partitions = partitions
    }

    /// Reads what is in the file and not yet in the index.
    ///
    /// If that ends with an error, a part of a commit may be there: the partition is to be made anew.
    ///
    /// - Throws: ``DamagedPartition`` of an older partition; whatever else is thrown is about this one.
    func load() throws { try access.sync { try readFile() } }

    /// The same as ``load()``, if another connection has changed the file.
    func loadChanges() throws { try file.readChanges { try load() } }

    private func readFile() throws {
        var facts = SpanFacts()
        try file.read(
            sourcesAfter: sources.sources.count,
            batchesAfter: lastBatch,
            source: { sources.add($0) },
            batch: { number, bytes in
                var reader = BatchReader(bytes)
                while let item = reader.next() {
                    guard item.source < UInt32(sources.sources.count), (try? facts.read(item.bytes)) != nil else {
                        continue
                    }
                    let trace = try trace(facts)
                    let row = index.row(of: facts.spanID, in: trace)
                    try note(facts, item.bytes.count, at: item.offset, of: item.source, in: number, trace, hiding: row)
                }
                lastBatch = number
                byteCount += bytes.count
            }
        )
    }

    /// Puts the span that the facts are about into the index, in the place of the row that counted so far.
    ///
    /// Facts are lent from where they were read on: a copy would count all their arrays.
    private func note(
        _ facts: borrowing SpanFacts,
        _ count: Int,
        at offset: Int,
        of source: UInt32,
        in batch: Int64,
        _ trace: UInt32,
        hiding row: Int?
    ) throws {
        if row == nil, !older.isEmpty, let others = older[trace] { try supersede(facts, in: others) }
        let place = OpenIndex.Place(
            batch: batch,
            offset: UInt32(truncatingIfNeeded: offset),
            count: UInt32(truncatingIfNeeded: count),
            source: source
        )
        index.add(facts, trace: trace, at: place, hiding: row)
    }

    /// The number of the trace of the span that the facts are about.
    private func trace(_ facts: borrowing SpanFacts) throws -> UInt32 {
        let trace = index.number(of: facts.traceID)
        if trace.isNew { try lookForOlder(facts.traceID, trace.number) }
        return trace.number
    }

    private func lookForOlder(_ id: TraceID, _ trace: UInt32) throws {
        let others = try partitions.numbers(before: number, having: id)
        if !others.isEmpty { older[trace] = others }
    }

    private func supersede(_ facts: borrowing SpanFacts, in others: [Int64]) throws {
        let reference = SpanReference(SpanContext(traceID: facts.traceID, spanID: facts.spanID))
        for other in others.compactMap({ partitions[$0] }) {
            if let row = try other.supersede(reference) {
                supersedes.insert(Superseded(partition: other.number, row: row))
            }
        }
    }

    /// Writes batches, between the file's `begin` and `commit`.
    func write(_ batches: [PreparedBatch]) throws { try access.sync { try add(batches) } }

    private func add(_ batches: [PreparedBatch]) throws {
        var facts = SpanFacts()
        for batch in batches {
            var numbers: [UInt32] = []
            for key in batch.sources { numbers.append(try number(of: key)) }
            try batch.bytes.withUnsafeBytes { bytes in
                var start = 0
                for record in batch.records {
                    let span = UnsafeRawBufferPointer(rebasing: bytes[start..<record.end])
                    start = record.end
                    try write(span, of: numbers[record.source], &facts)
                }
            }
        }
        try flush()
    }

    private func number(of key: SpanSourceKey) throws(StoreError) -> UInt32 {
        if let number = sources[key] { return number }
        let number = sources.add(key)
        try file.insert(source: key, number: number)
        return number
    }

    private func write(_ span: UnsafeRawBufferPointer, of source: UInt32, _ facts: inout SpanFacts) throws {
        // What can't be read can't be found either.
        guard (try? facts.read(span)) != nil, facts.traceID.isValid, facts.spanID.isValid else { return }
        let trace = try trace(facts)
        let row = index.row(of: facts.spanID, in: trace)
        guard let earlier = try earlierCopy(facts, trace, row) else {
            return try put(facts, span, of: source, trace, hiding: row)
        }
        var decoder = RecordDecoder()
        let record = SpanRecord(source: sources.sources[Int(source)], bytes: [UInt8](span)[...])
        guard let newer = decoder.span(record), let older = decoder.span(earlier) else {
            return try put(facts, span, of: source, trace, hiding: row)
        }
        var writer = ProtobufWriter()
        writer.write(contentOf: newer.united(withEarlier: older))
        let united = writer.bytes
        try united.withUnsafeBytes { bytes in
            try facts.read(bytes)
            try put(facts, bytes, of: source, trace, hiding: row)
        }
    }

    /// The copy of the span that the facts are about which counted so far.
    private func earlierCopy(_ facts: borrowing SpanFacts, _ trace: UInt32, _ row: Int?) throws -> SpanRecord? {
        if let row { return try record(row) }
        if older.isEmpty { return nil }
        let reference = SpanReference(SpanContext(traceID: facts.traceID, spanID: facts.spanID))
        for other in (older[trace] ?? []).compactMap({ partitions[$0] }) {
            if let record = try other.record(of: reference) { return record }
        }
        return nil
    }

    private func put(
        _ facts: borrowing SpanFacts,
        _ span: UnsafeRawBufferPointer,
        of source: UInt32,
        _ trace: UInt32,
        hiding row: Int?
    ) throws {
        unwritten.append(number: UInt32(truncatingIfNeeded: span.count))
        unwritten.append(number: source)
        let offset = unwritten.count
        unwritten.append(contentsOf: span)
        try note(facts, span.count, at: offset, of: source, in: lastBatch + 1, trace, hiding: row)
        if unwritten.count >= Self.batchSize { try flush() }
    }

    private func flush() throws(StoreError) {
        guard !unwritten.isEmpty else { return }
        try file.insert(batch: lastBatch + 1, unwritten)
        lastBatch += 1
        byteCount += unwritten.count
        // Memory is kept for the next batch, unless it is unusually much.
        unwritten.removeAll(keepingCapacity: unwritten.capacity <= Self.batchSize * 4)
    }

    /// The span of a row.
    func record(_ row: Int) throws(StoreError) -> SpanRecord {
        let place = index.places[row]
        let source = sources.sources[Int(place.source)]
        let (offset, count) = (Int(place.offset), Int(place.count))
        if place.batch > lastBatch {
            return SpanRecord(source: source, bytes: unwritten[offset..<(offset + count)])
        }
        return SpanRecord(
            source: source,
            bytes: try file.bytes(ofBatch: place.batch, at: offset, count: count)[...]
        )
    }
}

/// A partition that a newer one looks into.
protocol OlderPartition: AnyObject {
    var number: Int64 { get }

    /// The span, if it is there and no later copy has replaced it.
    ///
    /// - Throws: ``DamagedPartition`` and ``StoreError``.
    func record(of reference: SpanReference) throws -> SpanRecord?

    /// Hides a span, for a later copy has come elsewhere; its row if the partition is sealed.
    ///
    /// - Throws: ``DamagedPartition`` and ``StoreError``.
    func supersede(_ reference: SpanReference) throws -> Int?
}

extension OpenPartition: OlderPartition {
    func record(of reference: SpanReference) throws -> SpanRecord? {
        guard !superseded.contains(reference) else { return nil }
        return try index.row(of: reference.spanID, in: reference.traceID).map { row in try record(row) }
    }

    func supersede(_ reference: SpanReference) throws -> Int? {
        if index.row(of: reference.spanID, in: reference.traceID) != nil { superseded.insert(reference) }
        return nil
    }
}

extension SealedPartition: OlderPartition {
    /// The row of a span, hidden or not.
    func row(of reference: SpanReference) throws -> Int? {
        guard let trace = try trace(reference.traceID) else { return nil }
        for row in trace.rows where try self.reference(row) == reference { return row }
        return nil
    }

    func record(of reference: SpanReference) throws -> SpanRecord? {
        try ask { partition in
            guard let row = try partition.row(of: reference), !superseded.contains(row) else { return nil }
            return try partition.record(row)
        }
    }

    func supersede(_ reference: SpanReference) throws -> Int? {
        guard let row = try ask({ try $0.row(of: reference) }) else { return nil }
        supersede(row: row)
        return row
    }
}
