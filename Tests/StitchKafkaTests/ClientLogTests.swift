// SPDX-License-Identifier: Apache-2.0

import StitchService
import Testing

@testable import StitchKafka

@Suite("librdkafka's log")
struct ClientLogTests {
    private let start = ContinuousClock.now

    @Test("tells lines that are alike three times a minute, then how many were left out")
    func throttled() {
        var throttle = LogThrottle()
        let told = (0..<10).map { throttle.admit("127.0.0.1:90\($0): refused after \($0) ms", now: start) }
        #expect(told == [0, 0, 0] + Array(repeating: nil, count: 7))
        #expect(throttle.admit("something else", now: start) == 0)
        #expect(throttle.admit("127.0.0.1:9099: refused after 7 ms", now: start + .seconds(60)) == 7)
        #expect(throttle.admit("127.0.0.1:9099: refused after 7 ms", now: start + .seconds(61)) == 0)
    }

    @Test("keeps no more kinds of lines than it may, and forgets the oldest")
    func bounded() {
        var throttle = LogThrottle()
        for _ in 0..<5 { _ = throttle.admit("old", now: start) }
        #expect(throttle.admit("old", now: start) == nil)
        for index in 0..<LogThrottle.capacity {
            let name = String(UnicodeScalar(UInt8(97 + index % 26))) + String(repeating: "x", count: index)
            #expect(throttle.admit(name, now: start + .seconds(1)) == 0)
        }
        #expect(throttle.admit("old", now: start + .seconds(1)) == 0)
    }

    @Test("shows no secret of any client that lives")
    func redacted() {
        do {
            let secrets = LogSecrets(["swordfish", "abc"])
            let other = LogSecrets(["swordfish"])
            withExtendedLifetime(secrets) {
                #expect(LogSecrets.redact("user with swordfish, abc") == "user with <redacted>, abc")
            }
            _ = consume secrets
            withExtendedLifetime(other) { #expect(LogSecrets.redact("swordfish") == "<redacted>") }
        }
        #expect(LogSecrets.redact("swordfish") == "swordfish")
    }

    @Test(
        "has the level that it deserves",
        arguments: [
            (0, "X", Diagnostic.Level.error), (3, "FAIL", .debug), (4, "CONFWARN", .debug), (3, "ERROR", .warning),
            (4, "MAXPOLL", .warning), (6, "X", .info), (7, "X", .debug),
        ]
    )
    func levels(_ level: Int32, _ facility: String, _ expected: Diagnostic.Level) {
        #expect(ClientLog.level(syslog: level, facility: facility) == expected)
    }
}
