// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchKafka

@Suite("Admission to the local queue")
struct SendAdmissionTests {
    private func traffic(outstanding: Int, reports: Int = 0) -> SendGate.Traffic {
        SendGate.Traffic(outstanding: outstanding, reports: reports)
    }

    @Test("lets senders try as long as nobody waits")
    func attempts() {
        var admission = SendAdmission()
        #expect(admission.arrive() == .attempt)
        #expect(admission.arrive() == .attempt)
    }

    @Test("lets who found the queue full wait, and those who come later wait behind")
    func waiting() {
        var admission = SendAdmission()
        #expect(admission.full(seen: 0, traffic(outstanding: 1), again: false) == .wait(waiter: 1))
        #expect(admission.arrive() == .wait(waiter: 2))
        #expect(admission.hasWaiting)
        #expect(admission.wake(room: 0, outstanding: 1) == [])
        #expect(admission.wake(room: 1, outstanding: 0) == [1])
    }

    @Test("knows a record for which there never is room, also while its sender keeps a topic of its own")
    func lease() {
        var admission = SendAdmission()
        let lent = SendGate.Traffic(outstanding: 0, reports: 0, leases: 1)
        #expect(admission.full(seen: 0, lent, again: false) == .impossible)
        _ = admission.close()
        // The client has to outlive the topic.
        #expect(admission.step(lent) == .purge)
        #expect(admission.step(traffic(outstanding: 0)) == .finish)
    }

    @Test("puts who found the queue full again in front")
    func front() {
        var admission = SendAdmission()
        _ = admission.full(seen: 0, traffic(outstanding: 2), again: false)
        _ = admission.arrive()
        #expect(admission.wake(room: 1, outstanding: 1) == [1])
        // The one whose turn it was comes before the one who has waited since.
        #expect(admission.full(seen: 1, traffic(outstanding: 1, reports: 1), again: true) == .wait(waiter: 3))
        #expect(admission.wake(room: 1, outstanding: 1) == [3])
    }

    @Test("lets nobody pass who found the queue full, however much room comes, until he has passed")
    func overtaking() {
        var admission = SendAdmission()
        _ = admission.full(seen: 0, traffic(outstanding: 3), again: false)
        for _ in 0..<3 { _ = admission.arrive() }
        // Room for three: only the first tries, and it is not enough.
        #expect(admission.wake(room: 3, outstanding: 1) == [1])
        #expect(admission.hasWaiting && admission.arrive() == .wait(waiter: 5))
        #expect(admission.wake(room: 2, outstanding: 1) == [])
        #expect(admission.full(seen: 5, traffic(outstanding: 1, reports: 5), again: true) == .wait(waiter: 6))
        #expect(admission.wake(room: 0, outstanding: 1) == [])
        // It is now, and what came meanwhile is for those behind.
        #expect(admission.wake(room: 1, outstanding: 0) == [6])
        #expect(admission.wake(room: 2, outstanding: 1) == [])
        admission.passed()
        #expect(admission.wake(room: 0, outstanding: 1) == [2, 3])
        #expect(admission.wake(room: 2, outstanding: 1) == [4, 5] && !admission.hasWaiting)
    }

    @Test("lets one try behind who has passed, though no report came meanwhile")
    func chain() {
        var admission = SendAdmission()
        _ = admission.full(seen: 0, traffic(outstanding: 2), again: false)
        _ = admission.arrive()
        _ = admission.arrive()
        #expect(admission.wake(room: 1, outstanding: 1) == [1])
        admission.passed()
        #expect(admission.wake(room: 0, outstanding: 2) == [2])
    }

    @Test("lets the next one try when who found the queue full will never pass")
    func impossibleInFront() {
        var admission = SendAdmission()
        _ = admission.full(seen: 0, traffic(outstanding: 1), again: false)
        _ = admission.arrive()
        #expect(admission.wake(room: 1, outstanding: 0) == [1])
        #expect(admission.full(seen: 1, traffic(outstanding: 0, reports: 1), again: true) == .impossible)
        #expect(admission.wake(room: 0, outstanding: 0) == [2] && !admission.hasWaiting)
    }

    @Test("keeps others out while somebody tries again at once")
    func racedAgain() {
        var admission = SendAdmission()
        #expect(admission.full(seen: 0, traffic(outstanding: 1, reports: 1), again: false) == .attempt)
        #expect(admission.arrive() == .wait(waiter: 1))
        #expect(admission.full(seen: 1, traffic(outstanding: 1, reports: 2), again: true) == .attempt)
        admission.passed()
        #expect(admission.wake(room: 0, outstanding: 1) == [1] && !admission.hasWaiting)
    }

    @Test("tries again at once when a report came between the attempt and its failure")
    func raced() {
        var admission = SendAdmission()
        #expect(admission.full(seen: 0, traffic(outstanding: 1, reports: 1), again: false) == .attempt)
    }

    @Test("says that a record is impossible when the queue is full with nothing in it")
    func impossible() {
        var admission = SendAdmission()
        #expect(admission.full(seen: 0, traffic(outstanding: 0), again: false) == .impossible)
    }

    @Test("leaves nobody waiting when nothing is outstanding")
    func nobodyStuck() {
        var admission = SendAdmission()
        #expect(admission.full(seen: 0, traffic(outstanding: 1), again: false) == .wait(waiter: 1))
        #expect(admission.wake(room: 0, outstanding: 0) == [1])
        admission.passed()
        #expect(!admission.hasWaiting)
    }

    @Test("forgets a waiter that gives up, unless its turn has come")
    func cancelled() {
        var admission = SendAdmission()
        _ = admission.full(seen: 0, traffic(outstanding: 1), again: false)
        _ = admission.arrive()
        let firstGaveUp = admission.cancel(waiter: 1)
        let woken = admission.wake(room: 1, outstanding: 0)
        let secondGaveUp = admission.cancel(waiter: 2)
        #expect(firstGaveUp && woken == [2] && !secondGaveUp)
    }

    @Test("refuses newcomers and waiters once it drains")
    func drains() {
        var admission = SendAdmission()
        _ = admission.full(seen: 0, traffic(outstanding: 1), again: false)
        let refused = admission.drain()
        #expect(refused == [1])
        #expect(admission.drain() == nil)
        #expect(admission.arrive() == .refused)
        #expect(admission.full(seen: 0, traffic(outstanding: 1), again: false) == .refused)
        #expect(admission.step(traffic(outstanding: 1)) == .serve)
    }

    @Test("purges until every report is there, waits for who flushes, then finishes")
    func finishes() {
        var admission = SendAdmission()
        let flushes = admission.beginFlush()
        _ = admission.close()
        #expect(flushes && admission.step(traffic(outstanding: 1)) == .purge)
        #expect(admission.step(traffic(outstanding: 0)) == .serve)
        admission.endFlush()
        #expect(admission.step(traffic(outstanding: 0)) == .finish)
        let late = admission.beginFlush()
        #expect(!late)
    }
}
