// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import Synchronization

/// Senders that number their records, each in one partition, and what became of these records.
///
/// Goes by what records say, not by offsets: those are not known of a record whose acknowledgement was lost.
final class SenderLog: Sendable {
    private struct Sender {
        var acknowledged = 0
        /// The number that is to come next.
        var next = 0
        /// How many were worked on to the end.
        var finished = 0
        var passedOver: Int?
    }

    private struct State {
        var senders: [String: Sender] = [:]
        var withoutOffset = 0
    }

    private let state = Mutex(State())
    private let isDone = Atomic(false)

    /// Sends until `end`, ten at once.
    func send(_ name: String, to topic: String, _ producer: some KafkaProducing) async throws {
        var number = 0
        while !isDone.load(ordering: .relaxed) {
            var handles: [KafkaEnqueued] = []
            for _ in 0..<10 {
                handles.append(try await producer.enqueue(KafkaRecord(topic: topic, key: name, value: "\(number)")))
                number += 1
            }
            for handle in handles {
                let delivery = try await handle.delivery
                state.withLock { state in
                    state.senders[name, default: Sender()].acknowledged += 1
                    if delivery.offset < 0 { state.withoutOffset += 1 }
                }
            }
            // However long leaders take, there are not more records than can be worked on and looked at.
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// The senders are to end.
    func end() { isDone.store(true, ordering: .relaxed) }

    /// A handler has got a record.
    func begin(_ record: KafkaConsumedRecord) {
        change(record) { sender, number in
            if number > sender.next, sender.passedOver == nil { sender.passedOver = sender.next }
            sender.next = max(sender.next, number + 1)
        }
    }

    /// It is done with it.
    func finish(_ record: KafkaConsumedRecord) {
        change(record) { sender, number in sender.finished = max(sender.finished, number + 1) }
    }

    private func change(_ record: KafkaConsumedRecord, _ body: (inout Sender, Int) -> Void) {
        let text = { (bytes: [UInt8]?) in String(decoding: bytes ?? [], as: UTF8.self) }
        guard let number = Int(text(record.value)) else { return }
        state.withLock { body(&$0.senders[text(record.key), default: Sender()], number) }
    }

    var acknowledged: Int { state.withLock { $0.senders.values.map(\.acknowledged).reduce(0, +) } }

    /// How many were acknowledged without an offset.
    var withoutOffset: Int { state.withLock { $0.withoutOffset } }

    /// How many acknowledged records have not been worked on to the end, in the order of their sender.
    var missing: Int { state.withLock { $0.senders.values.map { max($0.acknowledged - $0.finished, 0) }.reduce(0, +) } }

    /// What went against the rules, a sentence each.
    var faults: [String] {
        state.withLock { state in
            state.senders.compactMap { name, sender in
                sender.passedOver.map { "record \($0) of sender \(name) came after one that follows it, or never" }
            }
        }
    }
}
