// SPDX-License-Identifier: Apache-2.0

import StitchKafka

/// How far a redrive is in each partition, what it may commit, and when it is done.
///
/// Takes events, returns decisions; has no clock and no I/O.
struct RedriveProgress {
    /// What is to become of a record.
    enum Choice {
        case move(RecordMove)
        /// It doesn't match.
        case other
        /// It doesn't say where it came from.
        case stranger
    }

    private struct Lane {
        /// The next offset to be looked at.
        var next: Int64
        /// Where to stop.
        let end: Int64
        /// Whether a record was left, which no commit may pass.
        var isBlocked = false
        /// The last record that may be committed and isn't.
        var commit: Int64?
    }

    private let limit: Int?
    private var lanes: [KafkaTopicPartition: Lane] = [:]
    private var counts = DeadRecords.Report()

    init(limit: Int?) { self.limit = limit }

    /// A partition with records from `next` on, up to `end`.
    mutating func add(_ partition: KafkaTopicPartition, from next: Int64, to end: Int64) {
        lanes[partition] = Lane(next: next, end: end)
    }

    private var isFull: Bool { limit.map { counts.movedCount >= $0 } ?? false }

    /// Whether there is nothing left to be looked at.
    var isDone: Bool { isFull || lanes.values.allSatisfy { $0.next >= $0.end } }

    /// What became of the records.
    var report: DeadRecords.Report {
        var report = counts
        report.unseen = lanes.values.reduce(0) { $0 + max($1.end - $1.next, 0) }
        return report
    }

    /// Records of one partition were received; returns those to be moved.
    mutating func take(_ batch: [KafkaConsumedRecord], _ choose: (KafkaConsumedRecord) -> Choice) -> [RecordMove] {
        guard let place = batch.first?.place, var lane = lanes[place] else { return [] }
        var moves: [RecordMove] = []
        for record in batch where record.offset >= lane.next && record.offset < lane.end {
            if isFull { break }
            lane.next = record.offset + 1
            switch choose(record) {
            case .move(let move):
                moves.append(move)
                counts.moved[move.topic, default: 0] += 1
                if lane.isBlocked { counts.again += 1 } else { lane.commit = record.offset }
            case .other:
                counts.others += 1
                lane.isBlocked = true
            case .stranger:
                counts.strangers += 1
                lane.isBlocked = true
            }
        }
        // What came after it means that there is nothing before.
        if !isFull, let last = batch.last, last.offset >= lane.end { lane.next = lane.end }
        lanes[place] = lane
        return moves
    }

    /// The record of the batch to commit with all before it; `nil` for none.
    mutating func takeCommit(of batch: [KafkaConsumedRecord]) -> KafkaConsumedRecord? {
        guard let place = batch.first?.place, let offset = lanes[place]?.commit else { return nil }
        lanes[place]?.commit = nil
        return batch.last { $0.offset == offset }
    }
}
