// SPDX-License-Identifier: Apache-2.0

import StitchService
import Synchronization
import Testing

@testable import TelemetrySDK

@Suite("Trace ids that are taken for random")
struct PresumptionNoticeTests {
    @Test("It is told once, and only of a trace that another began without the flag and without a number of its own")
    func notice() throws {
        let told = Mutex(0)
        let notice = PresumptionNotice { level, _ in told.withLock { $0 += level == .warning ? 1 : 100 } }
        let sampler = TraceIDRatioSampler(0.5, notice: notice)
        let id = TraceID(high: 1, low: 1)
        func decide(_ parent: SpanContext?) { _ = sampler.decide(SamplingRequest(traceID: id, parent: parent)) }
        var parent = SpanContext(traceID: id, spanID: SpanID(bits: 1), flags: .random)
        decide(nil)
        decide(parent)
        parent.flags = []
        parent.state = try #require(TraceState("ot=rv:00000000000001"))
        decide(parent)
        #expect(told.withLock { $0 } == 0)
        parent.state = TraceState()
        decide(parent)
        decide(parent)
        #expect(told.withLock { $0 } == 1)
    }
}
