// SPDX-License-Identifier: Apache-2.0

import StitchKafka

/// How far a redrive is in each partition, what it may commit, and when it is done.
///
/// Takes events, returns decisions; has no clock and no I/O.
struct RedriveProgress {
    /// What is to become of a record.
    enum Choice {
        case move(RecordMove)
        case left(Reason)
    }

    /// Why a record is left.
    enum Reason {
        /// It doesn't match.
        case other
        /// It doesn't say where it came from.
        case stranger
        /// It came from another topic than those whose dead topic it is in.
        case astray
        /// It is one group's, and there is no topic that it alone reads.
        case scoped
        /// Where it is to go doesn't take it.
        case failed(KafkaError)
    }

    /// Records of one partition that were looked at together.
    struct Turn {
        fileprivate let place: KafkaTopicPartition
        /// Each record's offset, and whether it is moved or why not.
        fileprivate var records: [(offset: Int64, reason: Reason?)] = []
        /// Those to be moved, in order.
        fileprivate(set) var moves: [RecordMove] = []
    }

    private struct Lane {
        /// The next offset to be looked at.
        var next: Int64
        /// Where to stop.
        let end: Int64
        /// Whether a record was left, which no commit may pass.
        var isBlocked = false
        /// Where the next run is to go on.
        var committable: Int64
        /// Where it goes on as things are.
        var committed: Int64?
    }

    private let limit: Int?
    private var lanes: [KafkaTopicPartition: Lane] = [:]
    private var counts = DeadRecords.Report()

    init(limit: Int?) { self.limit = limit }

    /// A partition with records from `next` on, up to `end`.
    mutating func add(_ partition: KafkaTopicPartition, from next: Int64, to end: Int64) {
        lanes[partition] = Lane(next: next, end: end, committable: next)
    }

    private var isFull: Bool { limit.map { counts.movedCount >= $0 } ?? false }

    /// Whether there is nothing left to be looked at.
    var isDone: Bool { isFull || open.isEmpty }

    /// The partitions that are not at their end, and where that is.
    var open: [KafkaTopicPartition: Int64] { lanes.filter { $0.value.next < $0.value.end }.mapValues(\.end) }

    /// What became of the records.
    var report: DeadRecords.Report {
        var report = counts
        report.next = lanes.mapValues(\.committable)
        report.unseen = lanes.values.reduce(0) { $0 + max($1.end - $1.next, 0) }
        return report
    }

    /// Records of one partition were received.
    mutating func take(_ batch: [KafkaConsumedRecord], _ choose: (KafkaConsumedRecord) -> Choice) -> Turn? {
        guard let place = batch.first?.place, var lane = lanes[place] else { return nil }
        var turn = Turn(place: place)
        var room = limit.map { $0 - counts.movedCount } ?? .max
        for record in batch where record.offset >= lane.next && record.offset < lane.end {
            guard room > 0 else { break }
            lane.next = record.offset + 1
            switch choose(record) {
            case .move(let move):
                room -= 1
                turn.moves.append(move)
                turn.records.append((record.offset, nil))
            case .left(let reason): turn.records.append((record.offset, reason))
            }
        }
        // What came after it means that there is nothing before.
        if room > 0, let last = batch.last, last.offset >= lane.end { lane.next = lane.end }
        lanes[place] = lane
        return turn
    }

    /// The records were moved, or not.
    ///
    /// - Parameters:
    ///   - turn: What `take` returned.
    ///   - errors: Of each move why it failed; `nil` for one that didn't.
    ///   - endsRun: Whether the run ends with such an error: then its record counts as one that wasn't looked at.
    mutating func settle(_ turn: Turn, _ errors: [KafkaError?], endsRun: (KafkaError) -> Bool) {
        guard var lane = lanes[turn.place] else { return }
        var moves = zip(turn.moves, errors).makeIterator()
        var unseen: Int64?
        for (offset, reason) in turn.records {
            if let reason {
                leave(reason)
                lane.isBlocked = true
                continue
            }
            guard let (move, error) = moves.next() else { break }
            if let error {
                if endsRun(error) { unseen = unseen ?? offset } else { leave(.failed(error)) }
                lane.isBlocked = true
                continue
            }
            counts.moved[move.topic, default: 0] += 1
            if lane.isBlocked { counts.again += 1 } else { lane.committable = offset + 1 }
        }
        if let unseen { lane.next = unseen }
        lanes[turn.place] = lane
    }

    private mutating func leave(_ reason: Reason) {
        switch reason {
        case .other: counts.others += 1
        case .stranger: counts.strangers += 1
        case .astray: counts.astray += 1
        case .scoped: counts.scoped += 1
        case .failed(let error):
            counts.failed += 1
            counts.failure = counts.failure ?? error
        }
    }

    /// There is nothing more in a partition that anybody could receive.
    mutating func end(_ partition: KafkaTopicPartition) {
        guard var lane = lanes[partition] else { return }
        lane.next = max(lane.next, lane.end)
        lanes[partition] = lane
    }

    /// Where the next run is to go on, of the partitions where that has changed.
    mutating func takeCommits() -> [KafkaTopicPartition: Int64] {
        var offsets: [KafkaTopicPartition: Int64] = [:]
        for (partition, lane) in lanes where lane.committed != lane.committable {
            offsets[partition] = lane.committable
            lanes[partition]?.committed = lane.committable
        }
        return offsets
    }
}
