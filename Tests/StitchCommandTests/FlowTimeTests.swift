// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import StitchCommand

@Suite("Flows by when something of them began")
struct FlowTimeTests {
    private typealias Attribute = MessagingConventions.Attribute

    private func count(_ file: String, _ arguments: [String]) async -> Int {
        let outcome = await CommandFixture.run(["flows", "--json", "--file", file] + arguments)
        return outcome.lines.count { !$0.isEmpty }
    }

    /// An origin, and work on its message five hours later.
    private let late = [
        Shop.span("origin", of: 0, 1, from: 0, for: 1, service: "front", kind: .server),
        Shop.span(
            "work",
            of: 1,
            2,
            links: [Shop.link(0, 1, .creation)],
            from: 5 * 3_600_000,
            for: 1,
            service: "back",
            kind: .consumer,
            attributes: [Attribute.operationType: "process"]
        ),
    ]

    @Test(
        "A time is for the span that the filter finds, of several steps for that of the last",
        arguments: [
            "service=back", "kind=consumer", "name~work", "name=work or name=zzz", "not name=origin",
            "trace=\(Shop.trace(of: 1))", "service=front -> kind=consumer", "name=origin -> service=back",
            "name=origin -> name~work", "name~orig -> name~work",
        ]
    )
    func lastStep(filter: String) async throws {
        try await CommandFixture.withFile(late) { file, _ in
            let later = Shop.moment(of: 0, at: 2 * 3_600_000)
            #expect(await count(file, ["--from", later, filter]) == 1)
            #expect(await count(file, ["--to", later, filter]) == 0)
            #expect(await count(file, [filter]) == 1)
        }
    }

    @Test("The step that a store is searched by has no time if it isn't the last")
    func otherSteps() async throws {
        try await CommandFixture.withFile(late) { file, _ in
            let later = Shop.moment(of: 0, at: 2 * 3_600_000)
            for filter in ["name=work <- service=front", "name=work <- kind=server"] {
                #expect(await count(file, ["--from", later, filter]) == 0)
                #expect(await count(file, ["--to", later, filter]) == 1)
            }
        }
    }

    @Test("Whoever follows a file is told that it is read once, and nothing else")
    func followedFile() async throws {
        try await CommandFixture.withFile(late) { file, _ in
            let outcome = await CommandFixture.run(["flows", "--file", file, "--follow"])
            #expect(outcome.status == 64)
            #expect(outcome.output.isEmpty)
        }
    }
}
