// SPDX-License-Identifier: Apache-2.0

import TelemetryData

extension StoreEngine {
    /// Drops what is too old or too much, and applies the rules of retention to what has become old enough.
    ///
    /// A file that turns out to be damaged is left out, and the rest goes on.
    func maintain() throws {
        guard access == .writing else { return }
        try answer { try applyRules() }
    }

    private func applyRules() throws {
        if let maximumAge = configuration.maximumAge {
            for partition in sealed(olderThan: maximumAge) { try drop(partition) }
        }
        if let rules = configuration.retention {
            let due = sealed(olderThan: rules.after).filter { known[$0.number]?.isThinned == false }
            if !due.isEmpty {
                let kept = try graph().kept(by: rules)
                for partition in due { try rewrite(partition, keeping: kept) }
            }
        }
        if let maximumSize = configuration.maximumSize {
            // The last one stays, for flows in it may go on in what is not sealed yet.
            while partitions.sealed.count > 1, size > maximumSize { try dropForSize(partitions.sealed[0]) }
        }
    }

    /// Ends the open partition if spans in it are so old that a rule for old spans waits for them.
    func sealIfOld() throws {
        let ages = [configuration.maximumAge, configuration.retention?.after].compactMap { $0 }
        guard let limit = ages.min(), let first = partitions.open.last?.firstArrival else { return }
        if now().duration(since: first) >= limit { try seal() }
    }

    /// How many bytes the sealed files have.
    var size: Int { partitions.sealed.reduce(0) { $0 + $1.size } }

    private func sealed(olderThan age: Duration) -> [SealedPartition] {
        partitions.sealed.filter { partition in
            guard let arrival = known[partition.number]?.arrival else { return false }
            return now().duration(since: Timestamp(nanoseconds: UInt64(max(0, arrival)))) >= age
        }
    }

    private func drop(_ partition: SealedPartition) throws(StoreError) {
        try manifest.change { () throws(StoreError) in try manifest.remove(partition.number) }
        forget(partition)
    }

    private func forget(_ partition: SealedPartition) {
        known[partition.number] = nil
        partitions.sealed.removeAll { $0 === partition }
        forgetRows(of: partition.number)
        directory.remove(StoreDirectory.sealedName(partition.number, generation: partition.generation))
    }

    private func forgetRows(of number: Int64) {
        for open in partitions.open { open.supersedes = open.supersedes.filter { $0.partition != number } }
    }

    /// Drops the oldest partition, but for spans whose flow goes on in a newer one: these move there, so that the flow
    /// stays whole and goes as a whole.
    private func dropForSize(_ oldest: SealedPartition) throws {
        guard let next = partitions.sealed.first(where: { $0.number > oldest.number }) else { return try drop(oldest) }
        var newer: Set<UInt32> = []
        for partition in partitions.sealed where partition !== oldest {
            for trace in try ask(partition, partition.traces) { newer.insert(trace.id.linkHash) }
        }
        for partition in partitions.open { partition.index.forEachTrace { id, _ in newer.insert(id.linkHash) } }
        let staying = try graph().flows(with: newer)
        var writer = SealWriter()
        try copy(oldest, to: &writer) { staying.contains($0) }
        guard writer.count > 0 else { return try drop(oldest) }
        try copy(next, to: &writer) { _ in true }
        try put(&writer, inPlaceOf: next, dropping: oldest, isThinned: known[next.number]?.isThinned ?? false)
    }

    /// Writes a partition anew with what stays of it.
    private func rewrite(_ partition: SealedPartition, keeping kept: Set<UInt32>) throws {
        var writer = SealWriter()
        try copy(partition, to: &writer) { kept.contains($0) }
        guard writer.count > 0 else { return try drop(partition) }
        if writer.count == partition.directory.rowCount, var known = known[partition.number] {
            known.isThinned = true
            let changed = known
            try manifest.change { () throws(StoreError) in try manifest.put(changed) }
            self.known[partition.number] = changed
            return
        }
        try put(&writer, inPlaceOf: partition, dropping: nil, isThinned: true)
    }

    /// Adds the spans of some traces.
    private func copy(
        _ partition: SealedPartition,
        to writer: inout SealWriter,
        _ isWanted: (UInt32) -> Bool
    ) throws {
        var rows: [Int] = []
        for trace in try ask(partition, partition.traces) where isWanted(trace.id.linkHash) { rows += trace.rows }
        rows.sort()
        let numbers = partition.directory.sources.map { writer.number(of: $0) }
        for row in rows where !partition.superseded.contains(row) {
            try ask(partition) {
                let block = try partition.block(row / SealedFormat.blockCount)
                let place = row % SealedFormat.blockCount
                let bytes = try block.bytes(place, partition.identities.identity)
                try bytes.withUnsafeBytes { try writer.add($0, source: numbers[block.source(place)]) }
            }
        }
    }

    private func put(
        _ writer: inout SealWriter,
        inPlaceOf partition: SealedPartition,
        dropping other: SealedPartition?,
        isThinned: Bool
    ) throws {
        guard var known = known[partition.number] else { return }
        known.generation += 1
        known.isThinned = isThinned
        let changed = known
        let name = StoreDirectory.sealedName(changed.number, generation: changed.generation)
        try directory.write(writer.finish(), to: name)
        let sealed = try SealedPartition(
            directory.path(name),
            number: changed.number,
            generation: changed.generation
        )
        try manifest.change { () throws(StoreError) in
            try manifest.put(changed)
            // Rows that were replaced are not in the new file.
            try manifest.forgetSuperseded(of: changed.number)
            if let other { try manifest.remove(other.number) }
        }
        self.known[changed.number] = changed
        partitions.insert(sealed)
        forgetRows(of: changed.number)
        directory.remove(StoreDirectory.sealedName(changed.number, generation: partition.generation))
        if let other { forget(other) }
    }

    /// Which traces caused something in which others.
    private func graph() throws -> FlowGraph {
        var graph = FlowGraph()
        for partition in partitions.sealed {
            var traces = [UInt32](repeating: 0, count: partition.directory.rowCount)
            for trace in try ask(partition, partition.traces) {
                let hash = trace.id.linkHash
                graph.add(hash, trace.summary)
                for row in trace.rows { traces[row] = hash }
            }
            try ask(partition) {
                try partition.forEachLink { hash, row, joins in
                    if joins, row < traces.count { graph.add(cause: hash, effect: traces[row]) }
                }
            }
        }
        for partition in partitions.open {
            partition.index.forEachTrace { graph.add($0.linkHash, $1) }
            partition.index.forEachCause { graph.add(cause: $0.linkHash, effect: $1.linkHash) }
        }
        return graph
    }
}
