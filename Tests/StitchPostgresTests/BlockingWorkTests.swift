// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Testing

@testable import StitchPostgres

@Suite("Work that blocks, such as a name to resolve", .timeLimit(.minutes(1)))
struct BlockingWorkTests {
    @Test("It is waited for no longer than until its time is over, or its task is cancelled")
    func bounded() async {
        let gate = DispatchSemaphore(value: 0)
        defer { for _ in 0..<2 { gate.signal() } }
        #expect(await blocking(until: .now + .seconds(60)) { 7 } == 7)
        #expect(await blocking(until: .now + .milliseconds(20)) { gate.wait() } == nil)
        let task = Task { await blocking(until: .now + .seconds(3600)) { gate.wait() } == nil }
        task.cancel()
        #expect(await task.value)
    }
}
