// SPDX-License-Identifier: Apache-2.0

import Dispatch

/// What others than the writer do with an open partition, on any thread.
extension OpenPartition {
    /// Lends the index, while nothing is written to it; for no longer than a moment.
    func reading<Result>(_ body: (OpenIndex) -> Result) -> Result { access.sync { body(index) } }

    /// The span at a place of which the row was committed.
    func record(at place: OpenIndex.Place) throws(StoreError) -> SpanRecord {
        let source = reading { _ in sources.sources[Int(place.source)] }
        return SpanRecord(source: source, bytes: try file.committedBytes(place))
    }

    /// The spans at places of which the rows were committed.
    func records(at places: [OpenIndex.Place]) throws(StoreError) -> [SpanRecord] {
        if places.isEmpty { return [] }
        let sources = reading { _ in self.sources.sources }
        var records: [SpanRecord] = []
        records.reserveCapacity(places.count)
        for place in places {
            let bytes = try file.committedBytes(place)
            records.append(SpanRecord(source: sources[Int(place.source)], bytes: bytes))
        }
        return records
    }
}
