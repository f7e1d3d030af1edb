// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import TelemetrySDK

@Suite("The clock of spans")
struct SpanClockTests {
    @Test("shows the system's time, and never goes back")
    func monotonic() {
        let before = Timestamp.now
        let clock = SpanClock()
        var last = clock.start()
        #expect(abs(last.time.duration(since: before).components.seconds) < 1)
        for _ in 0..<10_000 {
            let now = SpanClock.now(last.offset)
            #expect(now >= last.time)
            last.time = now
        }
    }
}
