// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchKafka

@Suite("Admission to the local queue")
struct SendAdmissionTests {
    @Test("lets senders try as long as nobody waits")
    func attempts() {
        var admission = SendAdmission()
        #expect(admission.arrive() == .attempt(seen: 0))
        #expect(admission.arrive() == .attempt(seen: 0))
        #expect(admission.outstanding == 2)
    }

    @Test("lets who found the queue full wait, and those who come later wait behind")
    func waiting() {
        var admission = SendAdmission()
        _ = admission.arrive()
        _ = admission.arrive()
        #expect(admission.full(seen: 0) == .wait(waiter: 1))
        #expect(admission.arrive() == .wait(waiter: 2))
        #expect(admission.wake().waiters == [])
        admission.reported(1)
        #expect(admission.wake().waiters == [1])
    }

    @Test("puts who found the queue full again in front")
    func front() {
        var admission = SendAdmission()
        for _ in 0..<3 { _ = admission.arrive() }
        _ = admission.full(seen: 0)
        _ = admission.arrive()
        admission.reported(1)
        let woken = admission.wake()
        #expect(woken.waiters == [1] && woken.turn == .attempt(seen: 1))
        // The one whose turn it was comes before the one who has waited since.
        #expect(admission.full(seen: 1) == .wait(waiter: 3))
        admission.reported(1)
        #expect(admission.wake().waiters == [3])
    }

    @Test("tries again at once when a report came between the attempt and its failure")
    func raced() {
        var admission = SendAdmission()
        _ = admission.arrive()
        _ = admission.arrive()
        admission.reported(1)
        #expect(admission.full(seen: 0) == .attempt(seen: 1))
    }

    @Test("says that a record is impossible when the queue is full with nothing in it")
    func impossible() {
        var admission = SendAdmission()
        _ = admission.arrive()
        #expect(admission.full(seen: 0) == .impossible)
        #expect(admission.outstanding == 0)
    }

    @Test("leaves nobody waiting when nothing is outstanding")
    func nobodyStuck() {
        var admission = SendAdmission()
        _ = admission.arrive()
        _ = admission.arrive()
        #expect(admission.full(seen: 0) == .wait(waiter: 1))
        admission.failed()
        #expect(admission.wake().waiters == [1])
    }

    @Test("forgets a waiter that gives up, unless its turn has come")
    func cancelled() {
        var admission = SendAdmission()
        _ = admission.arrive()
        _ = admission.arrive()
        _ = admission.full(seen: 0)
        _ = admission.arrive()
        let firstGaveUp = admission.cancel(waiter: 1)
        admission.reported(1)
        let woken = admission.wake().waiters
        let secondGaveUp = admission.cancel(waiter: 2)
        #expect(firstGaveUp && woken == [2] && !secondGaveUp)
    }

    @Test("refuses newcomers and waiters once it drains")
    func drains() {
        var admission = SendAdmission()
        _ = admission.arrive()
        _ = admission.arrive()
        _ = admission.full(seen: 0)
        let refused = admission.drain()
        #expect(refused == [1])
        #expect(admission.drain() == nil)
        #expect(admission.arrive() == .refused)
        #expect(admission.step == .serve)
    }

    @Test("purges until every report is there, waits for who flushes, then finishes")
    func finishes() {
        var admission = SendAdmission()
        _ = admission.arrive()
        let flushes = admission.beginFlush()
        _ = admission.close()
        #expect(flushes && admission.step == .purge)
        admission.reported(1)
        #expect(admission.step == .serve)
        admission.endFlush()
        #expect(admission.step == .finish)
        let late = admission.beginFlush()
        #expect(!late)
    }
}
