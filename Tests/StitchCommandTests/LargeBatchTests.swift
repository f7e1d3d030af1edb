// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData
import Testing

@testable import StitchCommand

@Suite("Batches of many flows")
struct LargeBatchTests {
    private typealias Attribute = MessagingConventions.Attribute

    private static let count: UInt64 = 300

    /// Messages of so many flows, and the batch that works on them all and fails.
    private static let spans: [SpanData] = {
        let sends = (0..<count).map { order in
            Shop.span("send", of: order, 1, from: 0, for: 1, service: "shop", kind: .producer)
        }
        let batch = Shop.span(
            "process",
            of: count,
            1,
            links: (0..<count).map { Shop.link($0, 1, .creation) },
            from: 0,
            for: 1,
            service: "billing",
            kind: .consumer,
            attributes: [Attribute.operationType: "process", Attribute.batchMessageCount: .int(Int64(count))],
            status: .error("no")
        )
        return sends + [batch]
    }()

    private func lines(_ outcome: CommandFixture.Outcome) -> [String] { outcome.lines.filter { !$0.isEmpty } }

    @Test("All of them are listed, at once or in pages, and exported")
    func listed() async throws {
        try await CommandFixture.withFile(Self.spans) { file, _ in
            let arguments = ["flows", "--file", file, "--json", "error"]
            let whole = await CommandFixture.run(arguments + ["--limit", "1000"])
            #expect(lines(whole).count == Int(Self.count) && whole.error.isEmpty)
            var found: [String] = []
            var after: [String] = []
            repeat {
                let page = await CommandFixture.run(arguments + ["--limit", "70"] + after)
                found += lines(page)
                after = page.error.split(whereSeparator: \.isWhitespace).suffix(2).map(String.init)
            } while !after.isEmpty && found.count < 1_000
            #expect(found == lines(whole))
            let exported = await CommandFixture.run(["export", "--file", file, "error"])
            #expect(exported.output.components(separatedBy: "\"traceId\":").count - 1 >= Int(Self.count))
            #expect(exported.output.contains(Shop.trace(of: 299).description))
        }
    }

    @Test("Whoever asks for one of them is told how many others there are")
    func others() async throws {
        let batch = Shop.trace(of: Self.count).description
        let order = Shop.trace(of: 7).description
        try await CommandFixture.withFile(Self.spans) { file, _ in
            for arguments in [["show", batch], ["diff", batch, order]] {
                let outcome = await CommandFixture.run(arguments + ["--file", file])
                #expect(outcome.status == 0)
                #expect(outcome.error.contains("belongs to other flows too: "))
                #expect(outcome.error.contains(" and 296 more\n"))
            }
            #expect(await CommandFixture.run(["show", order, "--file", file]).error.isEmpty)
        }
    }
}
