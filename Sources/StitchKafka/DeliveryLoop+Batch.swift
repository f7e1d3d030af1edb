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
    ///   - headers: Makes the headers of a record that is about to be handed over.
    /// - Returns: What became of each.
    package func send(
        contentsOf records: [KafkaRecord],
        headers: @Sendable (Int) -> NativeHeaders
    ) async -> KafkaDeliveries {
        let group = SendGroup(of: records, at: stitch_monotonic_time())
        for index in records.indices {
            do throws(KafkaError) {
                try await handOver(records[index], headers(index), group.opaque(of: index))
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
