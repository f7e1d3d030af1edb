// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import Synchronization

/// What the members of a group were given, in the order in which it happened, and what must hold of it.
final class DeliveryLog: Sendable {
    fileprivate struct Partition {
        /// The offsets as work on them began.
        var begun: [Int64] = []
        var finished: Set<Int64> = []
        /// All before it was worked on to the end.
        var finishedBefore: Int64 = 0
        /// How many are worked on at the moment.
        var busy = 0
        var wasConcurrent = false
        var passedOver: Int64?
        var next: Int64 = 0
    }

    private struct State {
        var partitions: [KafkaTopicPartition: Partition] = [:]
        var counts: [Int: Int] = [:]
    }

    private let state = Mutex(State())

    /// A member's handler has got a record.
    func begin(_ record: KafkaConsumedRecord, member: Int) {
        state.withLock { state in
            state.counts[member, default: 0] += 1
            state.partitions[record.place, default: Partition()].begin(record.offset)
        }
    }

    /// It is done with it.
    func end(_ record: KafkaConsumedRecord) {
        state.withLock { $0.partitions[record.place, default: Partition()].end(record.offset) }
    }

    /// How many records a member was given.
    func count(of member: Int) -> Int { state.withLock { $0.counts[member] ?? 0 } }

    /// How many records came again.
    var repeatedCount: Int {
        state.withLock { $0.partitions.values.map { $0.begun.count - Set($0.begun).count }.reduce(0, +) }
    }

    /// How many different records were worked on to the end.
    var finishedCount: Int { state.withLock { $0.partitions.values.map(\.finished.count).reduce(0, +) } }

    /// Records that were sent and never worked on to the end.
    func missing(of sent: [KafkaDelivery]) -> [KafkaDelivery] {
        state.withLock { state in
            sent.filter { delivery in
                let place = KafkaTopicPartition(topic: delivery.topic, partition: delivery.partition)
                return state.partitions[place]?.finished.contains(delivery.offset) != true
            }
        }
    }

    /// Up to where a partition was worked on without a gap.
    func finished(before partition: KafkaTopicPartition) -> Int64 {
        state.withLock { $0.partitions[partition]?.finishedBefore ?? 0 }
    }

    /// What went against the rules, a sentence each.
    var faults: [String] {
        state.withLock { state in
            state.partitions.flatMap { place, partition in
                var faults: [String] = []
                if let offset = partition.passedOver {
                    faults.append("\(place)/\(offset) came before one that it follows")
                }
                if partition.wasConcurrent { faults.append("two records of \(place) were worked on at once") }
                return faults
            }
        }
    }
}

extension DeliveryLog.Partition {
    fileprivate mutating func begin(_ offset: Int64) {
        begun.append(offset)
        busy += 1
        if busy > 1 { wasConcurrent = true }
        // A record may come again, with all that follow it; none may be left out.
        if offset > next, passedOver == nil { passedOver = offset }
        next = max(next, offset + 1)
    }

    fileprivate mutating func end(_ offset: Int64) {
        busy -= 1
        finished.insert(offset)
        while finished.contains(finishedBefore) { finishedBefore += 1 }
    }
}
