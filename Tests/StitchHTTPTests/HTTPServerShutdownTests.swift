// SPDX-License-Identifier: Apache-2.0

import StitchHTTP
import StitchService
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPServerShutdownTests {
    @Test("A shutdown lets a request in flight finish, refuses new ones, then closes everything")
    func inFlight() async throws {
        let gate = Gate()
        let slow = HTTPRoute.get("/slow") { _ in
            await gate.pass()
            return .text("done")
        }
        let server = try HTTPServer(routes: [slow, .get("/quick") { _ in .text("quick") }])
        async let running: Void = server.run()
        let busy = try TestClient(port: server.port)
        let idle = try TestClient(port: server.port)
        #expect(try await idle.get("/quick").body == "quick")
        try await busy.send("GET /slow HTTP/1.1\nHost: test\n\n")
        await gate.arrivals(1)
        async let stopping: Void = server.shutdown()
        // A kept connection is told to go as soon as the shutdown has begun; until then it is served.
        var refusal = try await idle.get("/quick")
        while refusal.status == 200 && refusal.values(of: "Connection") != ["close"] {
            refusal = try await idle.get("/quick")
        }
        #expect(!server.health.isHealthy)
        if refusal.status != 200 { #expect(refusal.status == 503) }
        #expect(throws: TestClient.Failure.self) { try TestClient(port: server.port) }
        gate.open()
        let answer = try await busy.answer()
        #expect(answer.body == "done")
        #expect(answer.values(of: "Connection") == ["close"])
        #expect(try await busy.isClosed())
        await stopping
        try await running
        await server.shutdown()
    }

    @Test("A handler that outlasts the drain is cancelled")
    func drainEnds() async throws {
        let gate = Gate()
        let wasCancelled = Mutex(false)
        let route = HTTPRoute.get("/") { _ in
            await gate.pass()
            wasCancelled.withLock { $0 = Task.isCancelled }
            try Task.checkCancellation()
            return .text("late")
        }
        var configuration = HTTPServerConfiguration()
        configuration.drain = .milliseconds(1)
        let server = try HTTPServer(configuration, routes: [route])
        let client = try TestClient(port: server.port)
        try await client.send("GET / HTTP/1.1\nHost: test\n\n")
        await gate.arrivals(1)
        await server.shutdown()
        #expect(wasCancelled.withLock { $0 })
    }

    @Test("Cancelling run stops the server at once")
    func cancelled() async throws {
        let gate = Gate()
        let route = HTTPRoute.get("/") { _ in
            await gate.pass()
            return .text("\(Task.isCancelled)")
        }
        let server = try HTTPServer(routes: [route])
        let running = Task { try await server.run() }
        try await TestClient(port: server.port).send("GET / HTTP/1.1\nHost: test\n\n")
        await gate.arrivals(1)
        running.cancel()
        try await running.value
        #expect(throws: TestClient.Failure.self) { try TestClient(port: server.port) }
    }

    @Test("A server that is dropped stops")
    func dropped() async throws {
        let client: TestClient
        do {
            let server = try HTTPServer(routes: [.get("/") { _ in .text("here") }])
            client = try TestClient(port: server.port)
            #expect(try await client.get("/").body == "here")
        }
        #expect(try await client.isClosed())
    }

    @Test("A client that sends no more holds a shutdown up no longer than the drain")
    func stalledClient() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.drain = .milliseconds(100)
        let server = try HTTPServer(configuration, routes: [.post("/") { _ in .text("") }])
        let client = try TestClient(port: server.port)
        try await client.send("POST / HTTP/1.1\nHost: test\nExpect: 100-continue\nContent-Length: 5\n\n")
        #expect(try await client.answer(hasBody: false).status == 100)
        await server.shutdown()
        #expect(try await client.isClosed())
    }
}
