// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData
import Testing

@testable import StitchCommand

@Suite("Flows by how long something of them took or waited")
struct FlowDurationTests {
    private typealias Attribute = MessagingConventions.Attribute

    private func count(_ file: String, _ arguments: [String]) async -> Int {
        let outcome = await CommandFixture.run(["flows", "--json", "--file", file] + arguments)
        return outcome.lines.count { !$0.isEmpty }
    }

    @Test(
        "What takes or waits just so long is neither longer nor shorter",
        arguments: [
            ("700ms", 700_000_000), ("1100ms", 1_100_000_000), ("2300ms", 2_300_000_000), ("0.3s", 300_000_000),
            ("300000000ns", 300_000_000), ("60000000000ns", 60_000_000_000), ("1m", 60_000_000_000),
            ("4.1s", 4_100_000_000), ("8.3s", 8_300_000_000), ("1001ns", 1_001), ("57us", 57_000),
            ("0.123456789s", 123_456_789), ("999.999us", 999_999),
        ] as [(String, UInt64)]
    )
    func equality(text: String, nanoseconds: UInt64) async throws {
        var span = Shop.span("work", of: 0, 1, from: 0, for: 0, service: "shop", kind: .consumer)
        span.end = Timestamp(nanoseconds: span.start.nanoseconds + nanoseconds)
        span.attributes[Attribute.operationType] = "process"
        span.attributes[Attribute.wait] = .double(Double(nanoseconds) / 1e9)
        try await CommandFixture.withFile([span]) { file, folder in
            let store = folder.appending(path: "store").path
            #expect(await CommandFixture.run(["import", file, "--store", store]).status == 0)
            for key in ["duration", "wait", Attribute.wait] {
                for (comparison, expected) in [(">=", 1), ("<=", 1), (">", 0), ("<", 0)] {
                    let filter = "\(key)\(comparison)\(text)"
                    #expect(await count(file, [filter]) == expected, "\(filter)")
                    #expect(await count(file, ["not (\(filter))"]) == 1 - expected, "\(filter)")
                    let stored = await CommandFixture.run(["flows", "--json", "--store", store, filter])
                    #expect(stored.output.isEmpty == (expected == 0), "\(filter) in a store")
                }
            }
            for option in ["--min-duration", "--max-duration", "--min-wait"] {
                #expect(await count(file, [option, text]) == 1, "\(option)")
            }
        }
    }
}
