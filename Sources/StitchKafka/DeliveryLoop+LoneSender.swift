// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension DeliveryLoop {
    /// Whether the sender that has just entered may be called when its report is there.
    ///
    /// One that runs on the thread gets it there anyway; and in transactions librdkafka waits for reports to be looked at.
    var isAlone: Bool { gate.isAlone && !isTransactional && !jobs.isCurrent }

    /// librdkafka has something for us after it had nothing: mostly on one of its threads, with the queue locked.
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

    /// Sees to reports until a sender that was called has its own.
    ///
    /// Whatever else there is belongs to the thread, where it isn't taken for the sender's: with its span, its task-local values,
    /// its actor.
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
        // Whoever is at it leaves nothing to nobody.
        let isHeld = serving.withLockIfAvailable { held in
            for _ in 0..<8 where held == nil && !pending.isAnswered {
                guard let event = client.nextEvent() else { break }
                if event.isOfReports { see(to: event) } else { held = consume event }
            }
            return held != nil
        }
        // Nobody is called for what was there before.
        if isHeld == true || client.hasEvents { bell.ring() }
        guard pending.isAnswered else { return false }
        pending.endCall()
        return true
    }
}
