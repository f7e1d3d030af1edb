// SPDX-License-Identifier: Apache-2.0

import StitchService
import Testing

@testable import TracedJobs

@Suite("A worker's health")
struct JobTallyTests {
    @Test("A part that is answered says nothing of another, and each says that it is well again")
    func parts() {
        let tally = JobTally()
        tally.block(.heart, "no heartbeat")
        tally.block(.completions, "no ends")
        tally.unblock(.claims)
        #expect(tally.health(ignoring: []).blocker == "no ends; no heartbeat")
        tally.unblock(.completions)
        #expect(tally.health(ignoring: []).blocker == "no heartbeat")
        tally.unblock(.heart)
        #expect(tally.health(ignoring: []).isHealthy)
    }

    @Test("Handlers that ignore cancellation are named by their jobs")
    func ignoring() {
        let blocker = JobTally().health(ignoring: [JobID(rawValue: 12), JobID(rawValue: 7)]).blocker
        #expect(blocker?.contains("7, 12") == true)
    }
}
