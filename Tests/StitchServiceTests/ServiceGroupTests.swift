// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchService

private struct Broken: Error {}

@Suite("Running a group of services", .timeLimit(.minutes(1)))
struct ServiceGroupTests {
    private let journal = Journal()
    private let requests: AsyncStream<Void>
    private let request: AsyncStream<Void>.Continuation

    init() { (requests, request) = AsyncStream.makeStream(of: Void.self) }

    /// Runs `services`, calls `during` once all of them run, and returns when the group has ended.
    private func run(_ services: [FakeService], during: () async -> Void) async throws {
        let group = ServiceGroup(services: services)
        async let ended: Void = group.run(stopRequests: requests)
        await journal.wait(for: Set(services.map { "\($0.name) runs" }))
        await during()
        try await ended
    }

    private func entries(about what: String) -> [String] { journal.entries.filter { $0.hasSuffix(what) } }

    @Test("On a request each service is shut down after those that stand behind it have ended, a tracer last")
    func reverseOrder() async throws {
        let services = [
            FakeService("pool", journal), FakeService("telemetry", journal, stopsLast: true),
            FakeService("worker", journal),
        ]
        try await run(services) { request.yield() }
        #expect(
            journal.entries.suffix(6) == [
                "worker is shut down", "worker ended", "pool is shut down", "pool ended",
                "telemetry is shut down", "telemetry ended",
            ]
        )
    }

    @Test("When a service returns by itself the others are shut down and the caller learns which one it was")
    func endedEarly() async throws {
        let services = [FakeService("pool", journal), FakeService("worker", journal, .short)]
        let failure = await #expect(throws: ServiceError.self) { try await run(services) {} }
        #expect(failure?.code == .endedEarly)
        #expect(failure?.message.contains("worker") == true)
        #expect(entries(about: "is shut down") == ["pool is shut down"])
    }

    @Test("When a service fails the others are shut down and its error is thrown on")
    func failed() async throws {
        let services = [FakeService("pool", journal), FakeService("worker", journal, .short, throwing: Broken())]
        await #expect(throws: Broken.self) { try await run(services) {} }
        #expect(entries(about: "is shut down") == ["pool is shut down"])
        #expect(entries(about: "ended") == ["worker ended", "pool ended"])
    }

    @Test("A second request cancels what does not stop, and the tracer is still shut down in order")
    func secondRequest() async throws {
        let services = [
            FakeService("telemetry", journal, stopsLast: true), FakeService("pool", journal),
            FakeService("worker", journal, .stubborn),
        ]
        try await run(services) {
            request.yield()
            await journal.wait(for: ["worker is shut down"])
            #expect(entries(about: "was cancelled").isEmpty)
            request.yield()
        }
        #expect(Set(entries(about: "was cancelled")) == ["worker was cancelled", "pool was cancelled"])
        #expect(journal.entries.suffix(2) == ["telemetry is shut down", "telemetry ended"])
    }

    @Test("A cancelled caller cancels the services at once, but for the tracer, which ends in order")
    func cancelledCaller() async throws {
        let services = [
            FakeService("telemetry", journal, stopsLast: true), FakeService("pool", journal),
            FakeService("worker", journal, .stubborn),
        ]
        let group = ServiceGroup(services: services)
        let caller = Task { [requests] in try await group.run(stopRequests: requests) }
        await journal.wait(for: Set(services.map { "\($0.name) runs" }))
        caller.cancel()
        try await caller.value
        #expect(Set(entries(about: "was cancelled")) == ["worker was cancelled", "pool was cancelled"])
        #expect(journal.entries.suffix(2) == ["telemetry is shut down", "telemetry ended"])
    }
}
