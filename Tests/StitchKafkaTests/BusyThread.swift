// SPDX-License-Identifier: Apache-2.0

import Dispatch
import StitchKafka
import StitchTesting

/// Keeps a producer's thread busy, as a task must not; for a while at most, since not all can go on without it.
struct BusyThread: Sendable {
    private let isBusy = Inbox<Void>()
    private let isOver = DispatchSemaphore(value: 0)
    private let wasEnded = Inbox<Bool>()

    /// Returns when the thread is busy.
    static func begin(of producer: KafkaProducer) async -> BusyThread {
        let busy = BusyThread()
        Task(executorPreference: producer.executor) {
            busy.isBusy.put(())
            busy.wasEnded.put(busy.block())
        }
        _ = await busy.isBusy.next()
        return busy
    }

    private func block() -> Bool { isOver.wait(timeout: .now() + .milliseconds(300)) == .success }

    /// Returns when it isn't any more.
    ///
    /// - Returns: Whether it was until now.
    func end() async -> Bool {
        isOver.signal()
        return await wasEnded.next() == true
    }
}
