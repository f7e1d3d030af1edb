// SPDX-License-Identifier: Apache-2.0

import StitchTesting
import Synchronization
import TelemetryAPI
import Testing

private struct Broken: Error {}

private actor Tally {
    private var count = 0

    func next() -> Int {
        count += 1
        return count
    }
}

@Suite("The test kit")
struct StitchTestTests {
    @Test("Ids count from 1 in every test, so that they can be written down")
    func ids() async throws {
        for _ in 1...2 {
            try await withStitchTest { test in
                withSpan("a") { _ in withSpan("b") { _ in } }
                #expect(test.spans.all.map(\.name) == ["a", "b"])
                #expect(test.spans.all.map(\.spanID.description) == ["0000000000000001", "0000000000000002"])
            }
        }
    }

    @Test("What was asked for at the end is done last first, also when the test fails")
    func cleanUp() async {
        let done = Mutex<[Int]>([])
        await #expect(throws: Broken.self) {
            try await withStitchTest { test in
                test.onFinish { done.withLock { $0.append(1) } }
                test.onFinish { done.withLock { $0.append(2) } }
                throw Broken()
            }
        }
        #expect(done.withLock { $0 } == [2, 1])
    }

    @Test("A resource is made once, however many ask for it at the same time")
    func resources() async throws {
        let made = Tally()
        try await withStitchTest { test in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 1...10 {
                    group.addTask {
                        try await test.resource("number") { await made.next() }
                    }
                }
                for try await number in group { #expect(number == 1) }
            }
            await #expect(throws: StitchTestError.self) { try await test.resource("number") { "text" } }
        }
    }

    @Test("A span that has not ended yet can be waited for")
    func waiting() async throws {
        try await withStitchTest { test in
            async let late = test.spans.first { $0.name == "late" }
            withSpan("late") { _ in }
            #expect(await late.name == "late")
        }
    }
}
