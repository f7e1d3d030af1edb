// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Synchronization

/// Owns librdkafka's consumer for as long as anybody holds it: the consumer, each batch of records, each call under way.
///
/// `rd_kafka_destroy` waits for every message that was consumed. So it is called when the last holder has let go, on a
/// thread that may wait, however long a user keeps a record.
final class ClientHandle: Sendable {
    // librdkafka's objects may be used by any thread. Both are destroyed in `destroy`, and nowhere else.
    nonisolated(unsafe) let client: OpaquePointer
    nonisolated(unsafe) let queue: OpaquePointer
    /// What librdkafka's callbacks have a pointer to.
    private let callbacks: any AnyObject & Sendable
    private let holders = Atomic<Int>(1)
    private let stays = Atomic<Bool>(false)
    private let destroyed: @Sendable () -> Void

    /// Held once, by the caller.
    ///
    /// - Parameters:
    ///   - client: Ours from here on.
    ///   - callbacks: Is kept until the client is gone.
    ///   - destroyed: Is told when it is.
    init(
        _ client: OpaquePointer,
        keeping callbacks: any AnyObject & Sendable,
        destroyed: @escaping @Sendable () -> Void = {}
    ) {
        self.client = client
        self.callbacks = callbacks
        self.destroyed = destroyed
        // A reference of ours.
        queue = rd_kafka_queue_get_consumer(client)
    }

    /// Holds it once more; for who holds it, or knows somebody who does.
    func hold() { holders.wrappingAdd(1, ordering: .relaxed) }

    /// Holds it unless it is gone; `false` if it is.
    func tryHold() -> Bool {
        var count = holders.load(ordering: .relaxed)
        while count > 0 {
            let (isDone, now) = holders.weakCompareExchange(
                expected: count,
                desired: count + 1,
                ordering: .acquiringAndReleasing
            )
            if isDone { return true }
            count = now
        }
        return false
    }

    /// Lets go of it once.
    ///
    /// Never waits.
    func letGo() {
        guard holders.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
        ClientThread.start("kafka-destroy") { [self] in destroy() }
    }

    /// Lets go of it once, and waits until the client is gone if nobody else holds it.
    func letGoWaiting() {
        guard holders.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
        // A client that could not leave its group is given up by librdkafka much later.
        if rd_kafka_consumer_closed(client) != 0 { return destroy() }
        ClientThread.start("kafka-abandoned") { [self] in destroy() }
    }

    /// Has the client stay when the last holder lets go, because librdkafka would end the process.
    func stay() { stays.store(true, ordering: .releasing) }

    private func destroy() {
        guard !stays.load(ordering: .acquiring) else {
            // Its threads have pointers to what is kept here: for good.
            _ = Unmanaged.passRetained(self)
            destroyed()
            return
        }
        rd_kafka_queue_destroy(queue)
        destroyClient(client)
        destroyed()
    }
}
