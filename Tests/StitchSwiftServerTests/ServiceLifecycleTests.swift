// SPDX-License-Identifier: Apache-2.0

#if ServiceLifecycleSupport && LoggingSupport
import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit
import StitchService
import StitchSwiftServer
import Synchronization
import Testing

private struct Broken: Error {}

/// Runs until it is shut down or cancelled, and tells what happens to it.
private final class TellingService: StitchService.Service {
    let events: AsyncStream<String>
    private let event: AsyncStream<String>.Continuation
    private let stops: AsyncStream<Void>
    private let stop: AsyncStream<Void>.Continuation

    init() {
        (events, event) = AsyncStream.makeStream()
        (stops, stop) = AsyncStream.makeStream()
    }

    func run() async throws {
        event.yield("running")
        for await _ in stops {}
        event.yield(Task.isCancelled ? "cancelled" : "ended")
        event.finish()
    }

    func shutdown() async {
        event.yield("shutdown")
        stop.finish()
    }
}

private struct BrokenService: StitchService.Service {
    func run() async throws { throw Broken() }
    func shutdown() async {}
}

/// Runs until its group shuts down.
private struct GracefulService: ServiceLifecycle.Service {
    let started: AsyncStream<Void>.Continuation
    let log: Log

    func run() async throws {
        started.yield()
        try await gracefulShutdown()
        log.add("graceful")
    }
}

private final class Log: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

@Suite("swift-service-lifecycle")
struct ServiceLifecycleTests {
    @Test("A graceful shutdown is the service's own shutdown")
    func graceful() async throws {
        let service = TellingService()
        try await testGracefulShutdown { trigger in
            async let running: Void = LifecycleService(service).run()
            var events: [String] = []
            for await event in service.events {
                events.append(event)
                if event == "running" { trigger.triggerGracefulShutdown() }
            }
            try await running
            #expect(events == ["running", "shutdown", "ended"])
        }
    }

    @Test("Cancellation stops the service at once")
    func cancelled() async throws {
        let service = TellingService()
        let running = Task { try await LifecycleService(service).run() }
        var events: [String] = []
        for await event in service.events {
            events.append(event)
            if event == "running" { running.cancel() }
        }
        try await running.value
        #expect(events == ["running", "cancelled"])
    }

    @Test("The error of a service is the error of the group's service")
    func failing() async {
        await #expect(throws: Broken.self) { try await LifecycleService(BrokenService()).run() }
    }

    @Test("Shutting a group down is its graceful shutdown, and returns when the group has ended")
    func group() async throws {
        let log = Log()
        let (starts, started) = AsyncStream.makeStream(of: Void.self)
        let service = ServiceGroupService(
            ServiceGroup(services: [GracefulService(started: started, log: log)], logger: .quiet),
            name: "web"
        )
        #expect(service.name == "web")
        async let running: Void = service.run()
        for await _ in starts { break }
        await service.shutdown()
        log.add("returned")
        await service.shutdown()
        try await running
        #expect(log.all == ["graceful", "returned"])
    }

    @Test("A group that was shut down before it began never begins")
    func early() async throws {
        let log = Log()
        let (starts, started) = AsyncStream.makeStream(of: Void.self)
        let service = ServiceGroupService(
            ServiceGroup(services: [GracefulService(started: started, log: log)], logger: .quiet)
        )
        await service.shutdown()
        try await service.run()
        started.finish()
        for await _ in starts { Issue.record("it ran") }
        #expect(log.all.isEmpty)
    }
}
#endif
