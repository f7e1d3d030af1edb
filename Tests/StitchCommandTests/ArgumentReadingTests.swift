// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import StitchCommand

@Suite("Times, lengths and words on the command line")
struct ArgumentReadingTests {
    @Test(
        "Moments are those of RFC 3339",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:01.000000001Z", 1_000_000_001),
            ("2026-11-28T14:30:00Z", 1_795_876_200_000_000_000),
            ("2026-11-28t15:30:00.5+01:00", 1_795_876_200_500_000_000),
            ("2026-11-28 09:00:00-05:30", 1_795_876_200_000_000_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000_000_000),
        ]
    )
    func times(text: String, nanoseconds: UInt64) {
        #expect(Timestamp(text: text)?.nanoseconds == nanoseconds)
    }

    @Test(
        "Others are none",
        arguments: [
            "", "now", "2026-11-28", "2026-11-28T14:30:00", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
            "1969-12-31T23:59:59Z", "2026-11-28T14:30:00.Z", "2026-11-28T24:00:00Z", "2026-11-28T14:30:00Zx",
            "9999-12-31T00:00:00Z", "2026-11-28T14:30:00.0000000001Z", "٢٠٢٦-11-28T14:30:00Z",
        ]
    )
    func noTimes(text: String) { #expect(Timestamp(text: text) == nil) }

    @Test("A moment that is written is read as the same")
    func written() {
        for nanoseconds: UInt64 in [0, 1, 1_795_876_200_123_456_789, 1 << 60] {
            #expect(Timestamp(text: Timestamp(nanoseconds: nanoseconds).rfc3339)?.nanoseconds == nanoseconds)
        }
        #expect(Timestamp(nanoseconds: .max).rfc3339.hasPrefix("2554-"))
        #expect(Timestamp(nanoseconds: .max).localText.hasPrefix("2554-"))
    }

    @Test("Lengths of time have a unit")
    func durations() {
        #expect(Duration(text: "500ms") == .milliseconds(500))
        #expect(Duration(text: "1.5s") == .milliseconds(1500))
        #expect(Duration(text: "10m") == .seconds(600))
        #expect(Duration(text: "10min") == .seconds(600))
        #expect(Duration(text: "2h") == .seconds(7200))
        #expect(Duration(text: "3d") == .seconds(259_200))
        #expect(Duration(text: "7µs") == .microseconds(7))
        for text in ["", "5", "s", "-1s", "1e3s", "infs", "nans", "1..2s", "99999999999d", "0x1s"] {
            #expect(Duration(text: text) == nil, "\(text)")
        }
    }

    @Test("Lengths of time are read to the nanosecond, whatever their unit")
    func exactDurations() {
        for number in 1...4_000 as ClosedRange<Int64> {
            #expect(Duration(text: "\(number)ns") == .nanoseconds(number))
            #expect(Duration(text: "\(number)ms") == .milliseconds(number))
            let thousandths = String(1_000 + number % 1_000).dropFirst()
            #expect(Duration(text: "\(number / 1_000).\(thousandths)s") == .milliseconds(number))
            #expect(Duration(text: "\(number / 1_000).\(thousandths)us") == .nanoseconds(number))
            #expect(Duration(text: "\(number)ms")?.inSeconds == Double("\(number)e-3"))
        }
        #expect(Duration(text: "60000000000ns") == .seconds(60))
        #expect(Duration(text: "0.000000001w") == .nanoseconds(604_800))
        #expect(Duration(text: "10000000000s") == .seconds(10_000_000_000))
        #expect(Duration(text: "10000000000.1s") == nil)
        #expect(Duration(text: "1.0000000000000000000000009s") == .seconds(1))
    }

    @Test("Who mistypes is asked what was meant, if that is near")
    func suggestions() async {
        #expect(Suggestion.nearest(to: "flow", among: ["flows", "show"]) == "flows")
        #expect(Suggestion.nearest(to: "hsow", among: ["flows", "show"]) == "show")
        #expect(Suggestion.nearest(to: "x", among: ["flows", "show"]) == nil)
        #expect(Suggestion.nearest(to: String(repeating: "show", count: 100_000), among: ["show"]) == nil)
        #expect(
            await CommandFixture.run(["flws"]).error == "stitch: there is no command 'flws'; did you mean 'flows'?\n"
        )
        #expect(await CommandFixture.run(["flows", "--sinse", "1h"]).error.contains("did you mean --since?"))
        #expect(await CommandFixture.run(["flows", "--limit", "0"]).status == 64)
        #expect(await CommandFixture.run(["flows", "--since", "soon"]).error.contains("'soon'"))
        #expect(await CommandFixture.run(["demo", "x"]).error.contains("takes no argument, and 'x' is one too many"))
    }
}
