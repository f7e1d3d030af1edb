// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
import CStitchRdkafka

extension DeliveryLoop {
    /// Hands records over, waiting for room where there is none, and waits until all are answered.
    ///
    /// Whoever is cancelled while one waits for room withdraws those behind it too: none of them may overtake it.
    ///
    /// - Parameters:
    ///   - records: The records.
    ///   - headers: Makes the headers of a record that is about to be handed over; `nil` for its own.
    /// - Returns: What became of each.
    package func send(
        contentsOf records: [KafkaRecord],
        headers: (@Sendable (Int) -> NativeHeaders)? = nil
    ) async -> KafkaDeliveries {
        let group = SendGroup(of: records, at: stitch_monotonic_time())
        var index = 0
        while index < records.count {
            if headers == nil {
                let count = handOverTogether(from: index, of: group)
                index += count
                if count > 0 { continue }
            }
            defer { index += 1 }
            do throws(KafkaError) {
                let own = headers?(index) ?? NativeHeaders(records[index].headers)
                try await handOver(records[index], own, group.opaque(of: index))
            } catch {
                group.refuse(index, error)
                guard error.code == .cancelled else { continue }
                for rest in records.indices[(index + 1)...] { group.refuse(rest, withdrawn(records[rest].topic)) }
                break
            }
        }
        await group.wait()
        return KafkaDeliveries(of: group)
    }

    /// Hands a run of records over, as far as there is room, without waiting for anything.
    ///
    /// - Returns: How many were taken or refused; 0 where the next one has to go by itself.
    private func handOverTogether(from start: Int, of group: SendGroup) -> Int {
        let records = group.records
        let count = RecordRun.count(in: records, from: start)
        guard count > 1, let entry = gate.enterUnlessWaiting(count) else { return 0 }
        // What is wrong with it is told to the one that goes by itself.
        guard let topic = try? client.topic(records[start].topic) else {
            leave(entry, count)
            return 0
        }
        if let own = topic.own { lend(own) }
        var (settled, taken) = (0, 0)
        let opaque = { (index: Int) in group.opaque(of: index) + entry.mark }
        client.produce(records, start..<(start + count), to: topic, opaque) { index, result in
            if result == RD_KAFKA_RESP_ERR__QUEUE_FULL { return }
            settled = index + 1 - start
            if result.isNone { taken += 1 } else { group.refuse(index, records[index].refusal(result)) }
        }
        if taken < count { leave(entry, count - taken) }
        return settled
    }

    private func handOver(
        _ record: KafkaRecord,
        _ headers: consuming NativeHeaders,
        _ opaque: UnsafeMutableRawPointer
    ) async throws(KafkaError) {
        var entry = if let entry = tryToEnter() { entry } else { try await enterInTurn(for: record) }
        let topic = try topic(of: record, entry)
        var hasWaited = false
        while true {
            let seen = gate.reports
            let result = client.produce(record, to: topic, &headers, opaque + entry.mark)
            if result == RD_KAFKA_RESP_ERR__QUEUE_FULL {
                entry = try await waitForRoom(record, entry, since: seen, again: hasWaited)
                hasWaited = true
                continue
            }
            if !result.isNone { leave(entry) }
            if hasWaited { passed() }
            if !result.isNone { throw record.refusal(result) }
            return
        }
    }
}
