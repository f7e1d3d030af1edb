// SPDX-License-Identifier: Apache-2.0

import StitchHTTP
import StitchService
import Synchronization
import Testing

/// Serialized because the handler of diagnostics is the process's.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct HTTPServerFailureTests {
    private struct Broken: Error, CustomStringConvertible {
        let description = "the secret reason"
    }

    @Test("A handler that throws is answered with 500, without details, which the diagnostics get")
    func handlerThrows() async throws {
        let told = Mutex<[Diagnostic]>([])
        // The handler is the process's: other modules' tests tell it things too.
        Diagnostics.setHandler { diagnostic in
            if diagnostic.source == "StitchHTTP" { told.withLock { $0.append(diagnostic) } }
        }
        defer { Diagnostics.setHandler { _ in } }
        try await withServer([.get("/broken") { _ in throw Broken() }]) { server in
            let client = try TestClient(port: server.port)
            let answer = try await client.get("/broken")
            #expect(answer.status == 500)
            #expect(!answer.body.contains("secret"))
            #expect(try await client.get("/broken").status == 500)
        }
        let diagnostics = told.withLock { $0 }
        #expect(diagnostics.count { $0.message.contains("the secret reason") } == 2)
        #expect(diagnostics.first?.level == .error)
        #expect(diagnostics.first?.metadata["path"] == "/broken")
    }

    @Test(
        "An answer that would break the protocol is 500 and told",
        arguments: [
            HTTPResponse(status: 100), HTTPResponse(status: 1000), HTTPResponse(status: -1),
            HTTPResponse(fields: [("X", "a\r\nSet-Cookie: b")]), HTTPResponse(fields: [("X\nY", "a")]),
            HTTPResponse(fields: [("X", "a\0b")]), HTTPResponse(fields: [("", "a")]),
        ]
    )
    func wrongAnswer(response: HTTPResponse) async throws {
        let told = Mutex<[Diagnostic]>([])
        // The handler is the process's: other modules' tests tell it things too.
        Diagnostics.setHandler { diagnostic in
            if diagnostic.source == "StitchHTTP" { told.withLock { $0.append(diagnostic) } }
        }
        defer { Diagnostics.setHandler { _ in } }
        try await withServer([.get("/") { _ in response }]) { server in
            let answer = try await TestClient(port: server.port).get("/")
            #expect(answer.status == 500)
            #expect(answer.values(of: "Set-Cookie").isEmpty)
        }
        #expect(told.withLock { $0 }.contains { $0.level == .error && $0.message.contains("can't be sent") })
    }

    @Test("A port that is in use is named in one sentence, and may be tried again")
    func portInUse() async throws {
        try await withServer([]) { server in
            let error = #expect(throws: HTTPError.self) {
                try HTTPServer(HTTPServerConfiguration(port: server.port), routes: [])
            }
            #expect(error?.code == .addressInUse)
            #expect(error?.isRetryable == true)
            #expect(error?.message.contains("Port \(server.port) of 127.0.0.1 is in use") == true)
        }
    }

    @Test("The port of a server that was shut down is free again")
    func portFreed() async throws {
        let first = try HTTPServer(routes: [.get("/") { _ in .text("first") }])
        let client = try TestClient(port: first.port)
        #expect(try await client.get("/").body == "first")
        await first.shutdown()
        let second = try HTTPServer(
            HTTPServerConfiguration(port: first.port),
            routes: [.get("/") { _ in .text("second") }]
        )
        #expect(try await TestClient(port: second.port).get("/").body == "second")
        await second.shutdown()
    }

    @Test("A wrong setting is named with its value")
    func wrongSettings() {
        let wrong: [(String, (inout HTTPServerConfiguration) -> Void)] = [
            ("host is \"nowhere\"", { $0.host = "nowhere" }), ("host is ", { $0.host = "" }),
            ("port is 65536", { $0.port = 65536 }), ("port is -1", { $0.port = -1 }),
            ("maximumBodySize is -1", { $0.maximumBodySize = -1 }),
            ("maximumConnections is 0", { $0.maximumConnections = 0 }),
            ("drain is -1.0 seconds", { $0.drain = .seconds(-1) }),
            ("idleTimeout is 0.0 seconds", { $0.idleTimeout = .zero }),
        ]
        for (message, change) in wrong {
            var configuration = HTTPServerConfiguration()
            change(&configuration)
            let error = #expect(throws: HTTPError.self) { try HTTPServer(configuration, routes: []) }
            #expect(error?.code == .invalidConfiguration)
            #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        }
    }
}
