// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Dispatch
import StitchService
import Synchronization

/// How offsets are committed: one request after the other, on a queue that may wait.
extension ConsumerLoop {
    /// Commits what counts as handled and isn't committed, and waits for the answer.
    ///
    /// Runs on the queue of commits, by who holds the client.
    func commitNow(_ readers: [PartitionReader]) -> KafkaError? {
        dispatchPrecondition(condition: .onQueue(commits))
        let offsets = readers.compactMap { reader in reader.takeUncommitted().map { (reader: reader, next: $0) } }
        guard !offsets.isEmpty else { return nil }
        switch state.withLock({ $0.commits.begin() }) {
        case .ask(let attempt): return commitNow(offsets, attempt)
        case .rest(let refusal):
            for (reader, next) in offsets { reader.refused(next) }
            return refusal
        }
    }

    func commitNow(
        _ offsets: [(reader: PartitionReader, next: Int64)],
        _ attempt: CommitState.Attempt
    ) -> KafkaError? {
        guard !offsets.isEmpty else { return nil }
        let topics = Set(offsets.map(\.reader.partition.topic)).sorted()
        func commit() -> KafkaError? {
            let code = client.commit(offsets.map { ($0.reader.partition, $0.next) })
            return code.isNone || code == RD_KAFKA_RESP_ERR__NO_OFFSET
                ? nil
                : KafkaError(native: code, "The offsets of \(topics) were not committed, so records may come again")
        }
        let error = observer.map { $0.commit(topics, commit) } ?? commit()
        if error != nil { for (reader, next) in offsets { reader.refused(next) } }
        state.withLock { $0.commits.end(attempt, error) }
        return error
    }

    /// Commits in the background.
    func commitSoon() {
        let readers = assigned
        guard hasGroup, options.commit == .automatic, !readers.isEmpty else { return }
        guard state.withLock({ $0.commits.schedule() }) else { return }
        client.handle.hold()
        commits.async { [self] in
            // This may run a good while later.
            let isSettled = client.rejoin.isSettled
            // Nobody says a second time what the first refusal said.
            if isSettled, !state.withLock({ $0.commits.isResting }), let error = commitNow(readers) {
                Diagnostics.log(.warning, error.message)
            }
            state.withLock { $0.commits.endScheduled(isPutOff: !isSettled) }
            client.handle.letGo()
        }
    }

    /// Commits for a caller, who waits for the broker's answer.
    func commit(_ readers: [PartitionReader]) async throws(KafkaError) {
        guard hasGroup else {
            throw KafkaError(.configuration, "A consumer without a group can't commit: give it a group")
        }
        let error = try await call(on: commits) { [self] in
            client.rejoin.wait(until: .now + .milliseconds(ConsumerClient.answerMilliseconds))
            return commitNow(readers) ?? Self.leftBehind(readers)
        }
        if let error { throw error }
    }

    /// What was to be committed of partitions that were given away before, without it.
    private static func leftBehind(_ readers: [PartitionReader]) -> KafkaError? {
        readers.first { $0.isLeftBehind }.map { reader in
            KafkaError(
                KafkaError.Code("_STATE"),
                "The offset of \(reader.partition) was not committed: the partition went to somebody else first, who gets "
                    + "the same records"
            )
        }
    }
}
