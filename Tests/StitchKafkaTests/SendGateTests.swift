// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchKafka

@Suite("The gate to the local queue")
struct SendGateTests {
    @Test("counts attempts and records on their way")
    func counts() {
        let gate = SendGate()
        let entered = [gate.enter(), gate.enter()]
        gate.enter(3)
        let before = gate.traffic.outstanding
        let hasWaiting = [gate.leave(), gate.report(2)]
        let after = gate.traffic
        #expect(entered == [true, true] && hasWaiting == [false, false])
        #expect(before == 5 && after.outstanding == 2 && after.reports == 2)
    }

    @Test("lets nobody pass by himself while somebody waits, and says so to who makes room")
    func waiting() {
        let gate = SendGate()
        let first = gate.enter()
        gate.setWaiting(true)
        let second = gate.enter()
        let outstanding = gate.traffic.outstanding
        let hasWaiting = gate.report(1)
        gate.setWaiting(false)
        let third = gate.enter()
        #expect(first && !second && third)
        #expect(outstanding == 1 && hasWaiting)
    }

    @Test("stays closed, whether or not somebody waits")
    func closed() {
        let gate = SendGate()
        let before = gate.enter()
        gate.close()
        gate.setWaiting(true)
        gate.setWaiting(false)
        let after = gate.enter()
        let outstanding = gate.traffic.outstanding
        #expect(before && !after && outstanding == 1)
    }
}
