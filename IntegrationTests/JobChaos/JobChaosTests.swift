// SPDX-License-Identifier: Apache-2.0

import StitchTesting
import Testing

@Suite("The job queue under faults", .timeLimit(.minutes(30)))
struct JobChaosTests {
    @Test(
        "Workers killed, stalled and cut off, connections and servers lost: every job is done, and none once too often"
    )
    func chaos() async throws {
        let scale = ChaosScale()
        let receiver = try ThreadedReceiver()
        defer { receiver.stop() }
        let server = try await ChaosServer(scale)
        let (outcome, sent) = try await withStitchTest { test in
            test.onFinish { await server.stop() }
            let outcome = try await ChaosRun(scale, on: server, telemetry: receiver.endpoint).run()
            return (outcome, test.spans.all)
        }
        let check = JobHistoryCheck(outcome.history)
        let violations = check.violations
        print(outcome.summary(scale, check))
        #expect(outcome.isDrained, "not all jobs are finished; STITCH_CHAOS_SEED=\(scale.seed)")
        #expect(outcome.crew.gaveUp.isEmpty, "workers ended by themselves: \(outcome.crew.gaveUp)")
        for shortfall in outcome.shortfalls(of: scale, check) {
            Issue.record("too little happened: \(shortfall); STITCH_CHAOS_SEED=\(scale.seed)")
        }
        let undated = outcome.history.claims.count { $0.mode == .ordinary && $0.count > 0 && $0.began == nil }
        #expect(undated == 0, "claims whose begin nobody wrote down")
        let byRule = Dictionary(grouping: violations, by: \.rule)
        for (rule, violations) in byRule.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let shown = violations.prefix(3).map(\.description).joined(separator: "\n")
            Issue.record("\(violations.count) times \(rule.rawValue); STITCH_CHAOS_SEED=\(scale.seed)\n\(shown)")
        }

        let spans = SpanHistory(sent + receiver.spans, of: outcome.history, lost: outcome.crew.lost)
        print(spans.summary)
        #expect(spans.told > 0, "no rescuer told of an attempt")
        #if os(Linux)
        #expect(spans.clockError > 20 * 3600, "no worker had a clock that was wrong")
        #endif
        for violation in spans.violations.prefix(10) {
            Issue.record("\(violation); STITCH_CHAOS_SEED=\(scale.seed)")
        }
    }
}
