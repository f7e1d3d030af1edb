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
        #expect(admission.full(seen: 0, traffic(outstanding: 1)) == .wait(waiter: 1))
        #expect(admission.arrive() == .wait(waiter: 2))
        #expect(admission.hasWaiting)
        #expect(admission.wake(room: 0, outstanding: 1) == [])
        #expect(admission.wake(room: 1, outstanding: 0) == [1])
    }

    @Test("knows a record for which there never is room, also while its sender keeps a topic of its own")
    func lease() {
        var admission = SendAdmission()
        let lent = SendGate.Traffic(outstanding: 0, reports: 0, leases: 1)
        #expect(admission.full(seen: 0, lent) == .impossible)
        _ = admission.close()
        // The client has to outlive the topic.
        #expect(admission.step(lent) == .purge)
        #expect(admission.step(traffic(outstanding: 0)) == .finish)
    }

    @Test("puts who found the queue full again in front")
    func front() {
        var admission = SendAdmission()
        _ = admission.full(seen: 0, traffic(outstanding: 2))
        _ = admission.arrive()
        #expect(admission.wake(room: 1, outstanding: 1) == [1])
        // The one whose turn it was comes before the one who has waited since.
        #expect(admission.full(seen: 1, traffic(outstanding: 1, reports: 1)) == .wait(waiter: 3))
        #expect(admission.wake(room: 1, outstanding: 1) == [3])
    }

    @Test("tries again at once when a report came between the attempt and its failure")
    func raced() {
        var admission = SendAdmission()
        #expect(admission.full(seen: 0, traffic(outstanding: 1, reports: 1)) == .attempt)
    }

    @Test("says that a record is impossible when the queue is full with nothing in it")
    func impossible() {
        var admission = SendAdmission()
        #expect(admission.full(seen: 0, traffic(outstanding: 0)) == .impossible)
    }

    @Test("leaves nobody waiting when nothing is outstanding")
    func nobodyStuck() {
        var admission = SendAdmission()
        #expect(admission.full(seen: 0, traffic(outstanding: 1)) == .wait(waiter: 1))
        #expect(admission.wake(room: 0, outstanding: 0) == [1])
        #expect(!admission.hasWaiting)
    }

    @Test("forgets a waiter that gives up, unless its turn has come")
    func cancelled() {
        var admission = SendAdmission()
        _ = admission.full(seen: 0, traffic(outstanding: 1))
        _ = admission.arrive()
        let firstGaveUp = admission.cancel(waiter: 1)
        let woken = admission.wake(room: 1, outstanding: 0)
        let secondGaveUp = admission.cancel(waiter: 2)
        #expect(firstGaveUp && woken == [2] && !secondGaveUp)
    }

    @Test("refuses newcomers and waiters once it drains")
    func drains() {
        var admission = SendAdmission()
        _ = admission.full(seen: 0, traffic(outstanding: 1))
        let refused = admission.drain()
        #expect(refused == [1])
        #expect(admission.drain() == nil)
        #expect(admission.arrive() == .refused)
        #expect(admission.full(seen: 0, traffic(outstanding: 1)) == .refused)
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
