// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchKafka

@Suite("A producer's transactions")
struct TransactionPhaseTests {
    @Test("are made ready once, again if that failed")
    func prepares() {
        var phase = TransactionPhase()
        #expect(phase.start() == .prepare)
        phase.ended()
        #expect(phase.start() == .prepare)
        phase.prepared()
        phase.opened()
        phase.ended()
        #expect(phase.start() == .begin)
    }

    @Test("are one at a time")
    func single() {
        var phase = TransactionPhase()
        _ = phase.start()
        phase.prepared()
        phase.opened()
        #expect(phase.isBusy && phase.start() == .refused)
        phase.ended()
        #expect(!phase.isBusy && phase.start() == .begin)
    }
}
