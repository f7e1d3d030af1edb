// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension DeliveryLoop {
    /// Whether the sender that has just entered may be called when its report is there.
    ///
    /// One that runs on the thread gets it there anyway.
    var isAlone: Bool { gate.isAlone && !jobs.isCurrent }

    /// librdkafka has something for us after it had nothing: on one of its threads, with the queue locked.
    func eventsCame() {
        guard gate.isAlone, lone.isWaiting else { return bell.ring() }
        // Before it is called: then the client is there until it has looked.
        gate.lend()
        let isAlone = gate.call()
        if !lone.call() {
            gate.endCall()
            gate.giveBack()
            return bell.ring()
        }
        if !isAlone { bell.ring() }
    }

    /// Has the thread do what the one that was called has not done yet: it may take its time to come.
    ///
    /// - Returns: Whether there is one.
    @discardableResult
    func relieveCalled() -> Bool {
        let isCalled = gate.endCall()
        if isCalled { bell.ring() }
        return isCalled
    }

    /// Lets a sender in besides one that was called; `nil` where that is not to be decided here.
    @inline(never)
    func enterBesideCalled() -> SendEntry? { relieveCalled() ? gate.enter() : nil }

    /// Sees to events until a sender that was called has its report.
    ///
    /// - Returns: `false` where the report is still to come, or is being looked at by another thread: then it has to be waited
    ///   for.
    @inline(never)
    func getReport(of pending: PendingSend) -> Bool {
        defer {
            gate.giveBack()
            lookAgain()
        }
        gate.endCall()
        if lone.isWithinCall {
            bell.ring()
            return false
        }
        // Whoever is at it goes on until there is nothing left.
        serving.withLockIfAvailable { _ in
            var count = 0
            while !pending.isAnswered, count < 8, serveNext() { count += 1 }
        }
        // Nobody is called for what was there before.
        if client.hasEvents { bell.ring() }
        guard pending.isAnswered else { return false }
        pending.endCall()
        return true
    }
}
