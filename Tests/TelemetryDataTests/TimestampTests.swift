// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@Suite("Timestamps")
struct TimestampTests {
    private let first = Timestamp(nanoseconds: 0)
    private let last = Timestamp(nanoseconds: .max)
    private let some = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

    @Test("What lies between any two moments is told exactly, and is negative backwards")
    func duration() {
        #expect(some.advanced(by: .milliseconds(5)).duration(since: some) == .milliseconds(5))
        #expect(some.duration(since: some.advanced(by: .nanoseconds(7))) == .nanoseconds(-7))
        let all = Duration.seconds(UInt64.max / 1_000_000_000) + .nanoseconds(UInt64.max % 1_000_000_000)
        #expect(last.duration(since: first) == all)
        #expect(first.duration(since: last) == .zero - all)
        let half = Timestamp(nanoseconds: UInt64(Int64.max))
        #expect(half.duration(since: first) == .nanoseconds(Int64.max))
        #expect(last.duration(since: half) > .nanoseconds(Int64.max))
    }

    @Test("A moment that would be before the first, or after the last, is that one")
    func saturation() {
        #expect(first.advanced(by: .nanoseconds(-1)) == first)
        #expect(last.advanced(by: .nanoseconds(1)) == last)
        #expect(some.advanced(by: .seconds(Int64.max)) == last)
        #expect(some.advanced(by: .seconds(Int64.min)) == first)
        #expect(some.advanced(by: .seconds(Int64.max) + .nanoseconds(999_999_999)) == last)
        #expect(some.advanced(by: .seconds(20_000_000_000)) == last)
        #expect(first.advanced(by: last.duration(since: first)) == last)
        #expect(last.advanced(by: first.duration(since: last)) == first)
    }

    @Test("A moment is moved by whole nanoseconds, what is less is cut off, in either direction")
    func moving() {
        let attoseconds = Duration(secondsComponent: 1, attosecondsComponent: 1_999_999_999)
        #expect(some.advanced(by: attoseconds).nanoseconds - some.nanoseconds == 1_000_000_001)
        #expect(some.nanoseconds - some.advanced(by: .zero - attoseconds).nanoseconds == 1_000_000_001)
        #expect(some.advanced(by: .milliseconds(-250)).advanced(by: .milliseconds(250)) == some)
        let far = Timestamp(nanoseconds: UInt64(Int64.max) + 5)
        #expect(far.advanced(by: .nanoseconds(-10)) == Timestamp(nanoseconds: UInt64(Int64.max) - 5))
    }
}
