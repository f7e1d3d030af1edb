// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchOTLP

@Suite("Retry-After")
struct RetryAfterTests {
    @Test("A number means seconds, however large", arguments: [("0", 0), (" 120 ", 120), ("7\t", 7)])
    func seconds(text: String, expected: Int64) {
        #expect(RetryAfter(text) == .seconds(expected))
    }

    @Test("A number that no integer holds is a very long time")
    func overflow() {
        #expect(RetryAfter("99999999999999999999999")?.delay(now: 0) == .seconds(3_155_760_000))
    }

    @Test(
        "A date is understood in each of HTTP's three forms",
        arguments: [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        ]
    )
    func dates(text: String) {
        #expect(RetryAfter(text) == .date(784_111_777))
    }

    @Test("Leap days, ends of centuries and years before 1970 are where the calendar has them")
    func calendar() {
        #expect(RetryAfter("Thu, 29 Feb 2024 23:59:59 GMT") == .date(1_709_251_199))
        #expect(RetryAfter("Thu, 01 Jan 1970 00:00:00 GMT") == .date(0))
        #expect(RetryAfter("Wed, 31 Dec 1969 23:59:59 GMT") == .date(-1))
        #expect(RetryAfter("Mon, 01 Mar 2100 00:00:00 GMT") == .date(4_107_542_400))
    }

    @Test("A date that has passed means now")
    func past() {
        #expect(RetryAfter.date(100).delay(now: 250) == .zero)
        #expect(RetryAfter.date(250).delay(now: 100) == .seconds(150))
    }

    @Test(
        "What is neither is nothing",
        arguments: [
            "", " ", "-1", "1.5", "soon", "Sun, 06 Nov 1994", "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET", "٣", String(repeating: "9", count: 65),
        ]
    )
    func neither(text: String) {
        #expect(RetryAfter(text) == nil)
    }
}
