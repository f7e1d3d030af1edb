// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchKafka

@Suite("The gate to the local queue")
struct SendGateTests {
    @Test("counts attempts and records on their way")
    func counts() throws {
        let gate = SendGate()
        let first = gate.enter()
        let entry = try #require(first)
        let others = gate.enter(4)
        let before = gate.traffic.outstanding
        let hasWaiting = [gate.leave(entry), gate.report(SendReports(count: 2))]
        let after = gate.traffic
        #expect(entry == others && hasWaiting == [false, false])
        #expect(before == 5 && after.outstanding == 2 && after.reports == 2)
    }

    @Test("lets nobody pass by himself while somebody waits, and says so to who makes room")
    func waiting() {
        let gate = SendGate()
        let first = gate.enter()
        gate.setWaiting(true)
        let second = gate.enter()
        let outstanding = gate.traffic.outstanding
        let hasWaiting = gate.report(SendReports(count: 1))
        gate.setWaiting(false)
        let third = gate.enter()
        #expect(first != nil && second == nil && third != nil)
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
        #expect(before != nil && after == nil && outstanding == 1)
    }

    @Test("knows when all who entered before a turn have left, or were reported, whoever has entered since")
    func turn() {
        let gate = SendGate()
        let early = gate.enter(3)
        gate.turn()
        let late = gate.enter(2)
        var settled = [gate.isSettled]
        _ = gate.report(reports(of: late))
        _ = gate.report(reports(of: early))
        _ = gate.leave(early)
        settled.append(gate.isSettled)
        _ = gate.report(reports(of: early, late))
        settled.append(gate.isSettled)
        #expect(settled == [false, false, true] && gate.traffic.outstanding == 0 && early != late)
    }

    @Test("turns again, back to the first epoch, while it is closed too")
    func turns() {
        let gate = SendGate()
        let first = gate.enter(1)
        gate.turn()
        let second = gate.enter(1)
        _ = gate.report(reports(of: first))
        gate.close()
        let isSettled = gate.isSettled
        gate.turn()
        let third = gate.enter(1)
        let refused = gate.enter()
        let isBusy = !gate.isSettled
        _ = gate.report(reports(of: second))
        #expect(isSettled && isBusy && gate.isSettled && first == third && refused == nil)
    }

    private func reports(of entries: SendEntry...) -> SendReports {
        SendReports(count: entries.count, marked: entries.count { $0.mark != 0 })
    }
}
