// SPDX-License-Identifier: Apache-2.0

import Dispatch
import StitchService
import Synchronization

/// How the thread looks after handlers, and after what librdkafka fetches.
extension ConsumerLoop {
    /// Looks for handlers that take long.
    func look(_ now: ContinuousClock.Instant) {
        let readers = assigned
        let handlers = readers.compactMap { reader in reader.progress.map { (reader.partition, $0) } }
        let lag = readers.compactMap(\.lag).reduce(nil) { ($0 ?? 0) + $1 }
        let findings = state.withLock { state in
            state.lag = lag.map { Int(clamping: $0) }
            return state.watch.look(at: handlers, now: now)
        }
        for finding in findings {
            switch finding {
            case .slow(let partition, let progress, let time):
                Diagnostics.log(
                    .warning,
                    "The handler of the record \(partition)/\(progress.offset) has been at it for \(time); the partition "
                        + "is kept, and nothing more is fetched for it when its queue is full"
                )
            case .overLimit(let partition, let progress, let time):
                let late = reader(of: partition)
                // First, so that nothing after that record begins.
                fail(
                    KafkaError(
                        .timedOut,
                        "The handler of the record \(partition)/\(progress.offset) has been at it for \(time), longer "
                            + "than 'handlerLimit', so the consumer stops there: it will get the same again"
                    )
                )
                late?.cancel()
            }
        }
    }

    /// Wakes the thread that fetches from a partition's broker: a question to the broker does.
    func kick(_ partition: KafkaTopicPartition) {
        guard client.handle.tryHold() else { return }
        calls.async { [client] in
            client.askBroker(of: partition)
            client.handle.letGo()
        }
    }
}
