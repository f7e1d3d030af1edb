// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Reads all spans of a snapshot, a bounded number at a time.
struct StoreReading: Sendable {
    private enum Part: Sendable {
        case sealed(StoreSnapshot.Sealed)
        case open(StoreSnapshot.Open)
    }

    private static let chunk = 1_024

    private var parts: ArraySlice<Part>
    private var row = 0

    init(_ snapshot: StoreSnapshot) {
        parts = (snapshot.sealed.map { .sealed($0) } + snapshot.open.map { .open($0) })[...]
    }

    /// The next spans, maybe none; `nil` at the end.
    mutating func next() throws -> [SpanData]? {
        guard let part = parts.first else { return nil }
        var decoder = RecordDecoder()
        var spans: [SpanData] = []
        let count: Int
        switch part {
        case .open(let open):
            count = open.rowCount
            for record in try open.records(row..<min(row + Self.chunk, count)) {
                if let span = decoder.span(record) { spans.append(span) }
            }
        case .sealed(let sealed):
            count = sealed.partition.directory.rowCount
            for row in row..<min(row + Self.chunk, count) where !sealed.superseded.contains(row) {
                let record = try sealed.partition.ask { try $0.record(row) }
                if let span = decoder.span(record) { spans.append(span) }
            }
        }
        row += Self.chunk
        if row >= count { skip() }
        return spans
    }

    /// Goes on behind the partition that is being read.
    mutating func skip() {
        parts = parts.dropFirst()
        row = 0
    }
}
