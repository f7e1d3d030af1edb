// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Foundation

extension ConsumerLoop {
    /// Commits what counts as handled.
    func commit() async throws(KafkaError) {
        let readers = assigned
        if options.commit == .manual { for reader in readers { reader.noteHandled() } }
        try await commit(readers)
    }

    /// Commits that a record was handled, and all before it.
    func commit(_ record: KafkaConsumedRecord) async throws(KafkaError) {
        guard let reader = reader(of: record.place) else {
            throw KafkaError(
                KafkaError.Code("_STATE"),
                "The record \(record.position) can't be committed: its partition isn't this consumer's any more, so whoever "
                    + "has it gets the record again"
            )
        }
        guard reader.note(handledBefore: record.offset + 1, taken: record.taking) else {
            throw KafkaError(
                KafkaError.Code("_STATE"),
                "The record \(record.position) can't be committed: it was received before its partition went on elsewhere, "
                    + "by a seek or because it was assigned anew; commit the records that come since"
            )
        }
        try await commit([reader])
    }

    func committed(_ partitions: [KafkaTopicPartition]) async throws(KafkaError) -> [KafkaTopicPartition: Int64] {
        guard hasGroup else {
            throw KafkaError(.configuration, "A consumer without a group has committed nothing: give it a group")
        }
        return try await call(on: calls) { [client] in client.committed(partitions) }.get()
    }

    func offsets(
        at time: Date,
        of partitions: [KafkaTopicPartition]
    ) async throws(KafkaError) -> [KafkaTopicPartition: Int64] {
        let milliseconds = (time.timeIntervalSince1970 * 1000).rounded(.up)
        guard let milliseconds = Int64(exactly: milliseconds), milliseconds >= 0 else {
            throw KafkaError(.configuration, "The time \(time) has to be after 1970")
        }
        return try await call(on: calls) { [client] in client.offsets(at: milliseconds, of: partitions) }.get()
    }

    func lag() async throws(KafkaError) -> [KafkaTopicPartition: Int64] {
        typealias Lags = [KafkaTopicPartition: Int64]
        let readers = assigned
        return try await call(on: calls) { [client, offsetReset] () -> Result<Lags, KafkaError> in
            let unread = readers.filter { $0.position == nil && $0.startOffset.isCommitted }.map(\.partition)
            var committed: [KafkaTopicPartition: Int64] = [:]
            if !unread.isEmpty {
                switch client.committed(unread) {
                case .success(let offsets): committed = offsets
                case .failure(let error): return .failure(error)
                }
            }
            var lags: Lags = [:]
            for reader in readers {
                switch client.watermarks(of: reader.partition) {
                case .success(let (first, end)):
                    let next =
                        reader.position
                        ?? reader.startOffset.offset(
                            committed: committed[reader.partition],
                            first: first,
                            end: end,
                            reset: offsetReset
                        )
                    lags[reader.partition] = max(end - next, 0)
                case .failure(let error): return .failure(error)
                }
            }
            return .success(lags)
        }
        .get()
    }

    func seek(_ partition: KafkaTopicPartition, to start: KafkaStart) async throws(KafkaError) {
        guard let reader = reader(of: partition) else { throw Self.notOurs(partition) }
        guard let native = start.native else {
            throw KafkaError(
                .configuration,
                "There is no place '\(start)' in \(partition): give an offset from 0, or a count from 1"
            )
        }
        let offset = start == .committed ? try await committedOrReset(partition) : native
        let error = try await call(on: seeks) { [self] in seek(reader, to: offset) }
        if let error { throw error }
    }

    private static func notOurs(_ partition: KafkaTopicPartition) -> KafkaError {
        KafkaError(
            KafkaError.Code("_STATE"),
            "Going on elsewhere in \(partition) failed: it isn't this consumer's; see 'assignment'"
        )
    }

    /// Where the group has committed that it goes on, or what is to be done where it has not.
    private func committedOrReset(_ partition: KafkaTopicPartition) async throws(KafkaError) -> Int64 {
        if let offset = try await committed([partition])[partition] { return offset }
        switch offsetReset {
        case .earliest: return Int64(RD_KAFKA_OFFSET_BEGINNING)
        case .latest: return Int64(RD_KAFKA_OFFSET_END)
        case .error:
            throw KafkaError(
                native: RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET,
                "Going on in \(partition) where the group has committed failed: it has committed nothing there"
            )
        }
    }

    /// Blocks.
    private func seek(_ reader: PartitionReader, to offset: Int64) -> KafkaError? {
        let isOurs = { [self] in self.reader(of: reader.partition) === reader }
        // It may have gone while others went on elsewhere.
        guard isOurs() else { return Self.notOurs(reader.partition) }
        let before = reader.position
        reader.beginSeek()
        guard let error = client.seek(reader.partition, to: offset, while: isOurs) else {
            reader.endSeek(at: StartOffset(native: offset))
            return nil
        }
        // What was taken is dropped, so it has to be fetched again; where that fails too, nothing after it may be read.
        if let before, client.seek(reader.partition, to: before, while: isOurs) != nil {
            reader.stop()
            if isOurs() { fail(error) }
        }
        reader.cancelSeek(goingOnAt: before)
        return error
    }

    func pause(_ partitions: [KafkaTopicPartition]) { for partition in partitions { reader(of: partition)?.pause() } }

    func resume(_ partitions: [KafkaTopicPartition]) { for partition in partitions { reader(of: partition)?.resume() } }
}
