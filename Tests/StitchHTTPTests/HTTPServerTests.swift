// SPDX-License-Identifier: Apache-2.0

import StitchHTTP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPServerTests {
    private static let echo = HTTPRoute.post("/echo") { request in
        HTTPResponse(body: request.body)
    }

    @Test("A request reaches the handler of its route with path, parameters, query and body")
    func routes() async throws {
        let route = HTTPRoute.post("/orders/{id}/items") { request in
            let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: ";")
            let body = String(decoding: request.body, as: UTF8.self)
            return .text("\(request.method) \(request.path) \(request.parameters) \(query) \(body)")
        }
        try await withServer([route]) { server in
            let client = try TestClient(port: server.port)
            let answer = try await client.post("/orders/a%2Fb/items?x=1&x=2&y=a+b%26", "hello")
            #expect(answer.status == 200)
            #expect(answer.body == "POST /orders/a%2Fb/items [\"id\": \"a/b\"] x=1;x=2;y=a b& hello")
            #expect(answer.values(of: "Content-Type") == ["text/plain; charset=utf-8"])
        }
    }

    @Test("Repeated fields arrive one by one, in order, with the case of their names")
    func repeatedFields() async throws {
        let route = HTTPRoute.get("/") { request in
            .text(request.fields.map { "\($0.name)=\($0.value)" }.joined(separator: "|"))
        }
        try await withServer([route]) { server in
            let client = try TestClient(port: server.port)
            try await client.send(
                "GET / HTTP/1.1\nHost: test\nTraceState: a=1\nfoo: x\ntracestate: b=2\nTraceState: a=1\nEmpty:\n\n"
            )
            let answer = try await client.answer()
            #expect(answer.body == "Host=test|TraceState=a=1|foo=x|tracestate=b=2|TraceState=a=1|Empty=")
        }
    }

    @Test("White space round a field's value is no part of it")
    func fieldWhiteSpace() async throws {
        let route = HTTPRoute.get("/") { request in
            .text(request.fields.map { "\($0.name)=\($0.value)" }.joined(separator: "|"))
        }
        try await withServer([route]) { server in
            let client = try TestClient(port: server.port)
            try await client.send(
                "GET / HTTP/1.1\nHost:test\nA: \t a b\t \nB:\tü \nC: \t \nD: d\n\n"
            )
            let answer = try await client.answer()
            #expect(answer.body == "Host=test|A=a b|B=ü|C=|D=d")
        }
    }

    @Test("An answer keeps its status and its repeated fields")
    func answerFields() async throws {
        let route = HTTPRoute.get("/") { _ in
            HTTPResponse(status: 207, fields: [("Link", "a"), ("X", "1"), ("Link", "b")], body: [])
        }
        try await withServer([route]) { server in
            let answer = try await TestClient(port: server.port).get("/")
            #expect(answer.status == 207)
            #expect(answer.values(of: "Link") == ["a", "b"])
            #expect(answer.values(of: "Content-Length") == ["0"])
        }
    }

    @Test("An unknown path is 404, another method 405 with those that are allowed")
    func notFound() async throws {
        let routes = [HTTPRoute.get("/a") { _ in .text("a") }, .delete("/a") { _ in .text("gone") }]
        try await withServer(routes) { server in
            let client = try TestClient(port: server.port)
            #expect(try await client.get("/b").status == 404)
            let answer = try await client.post("/a", "x")
            #expect(answer.status == 405)
            #expect(answer.values(of: "Allow") == ["DELETE, GET, HEAD"])
        }
    }

    @Test("HEAD gets the head of what GET would get, and the connection goes on")
    func head() async throws {
        try await withServer([.get("/") { _ in .text("hello") }]) { server in
            let client = try TestClient(port: server.port)
            let answer = try await client.get("/", method: "HEAD")
            #expect(answer.status == 200)
            #expect(answer.values(of: "Content-Length") == ["5"])
            #expect(try await client.get("/").body == "hello")
        }
    }

    @Test("A body as large as the limit is taken, a larger one is 413", arguments: [false, true])
    func bodyLimit(chunked: Bool) async throws {
        try await withServer([Self.echo], configure: { $0.maximumBodySize = 1000 }) { server in
            func post(_ size: Int) async throws -> TestClient.Answer {
                let client = try TestClient(port: server.port)
                let body = String(repeating: "x", count: size)
                if chunked {
                    let chunk = "\(String(size, radix: 16))\n\(body)\n0\n\n"
                    try await client.send("POST /echo HTTP/1.1\nHost: test\nTransfer-Encoding: chunked\n\n\(chunk)")
                    return try await client.answer()
                }
                return try await client.post("/echo", body)
            }
            let full = try await post(1000)
            #expect(full.status == 200)
            #expect(full.body.utf8.count == 1000)
            #expect(try await post(1001).status == 413)
            #expect(try await post(60000).status == 413)
        }
    }

    @Test("A body that is announced far too large is refused before it is sent")
    func announcedTooLarge() async throws {
        try await withServer([Self.echo]) { server in
            for length in ["99999999", "9223372036854775807", "99999999999999999999999999"] {
                let client = try TestClient(port: server.port)
                try await client.send("POST /echo HTTP/1.1\nHost: test\nContent-Length: \(length)\n\n")
                let status = try await client.answer().status
                #expect([400, 413].contains(status))
            }
            let client = try TestClient(port: server.port)
            try await client.send("POST /echo HTTP/1.1\nHost: test\nExpect: 100-continue\nContent-Length: 1048577\n\n")
            #expect(try await client.answer().status == 413)
        }
    }

    @Test("A body without end is given up, not read for ever")
    func endlessBody() async throws {
        try await withServer([Self.echo], configure: { $0.maximumBodySize = 1000 }) { server in
            let client = try TestClient(port: server.port)
            try await client.send("POST /echo HTTP/1.1\nHost: test\nTransfer-Encoding: chunked\n\n")
            let chunk = "2710\n\(String(repeating: "x", count: 10000))\n"
            await #expect(throws: TestClient.Failure.self) {
                for _ in 0..<10000 { try await client.send(chunk) }
            }
        }
    }

    @Test("A body of the default limit arrives whole")
    func largeBody() async throws {
        try await withServer([Self.echo]) { server in
            let body = String(repeating: "0123456789abcdef", count: 1 << 16)
            let answer = try await TestClient(port: server.port).post("/echo", body)
            #expect(answer.body == body)
        }
    }

    @Test("A hundred slow handlers run at once")
    func concurrency() async throws {
        let gate = Gate()
        let route = HTTPRoute.get("/{n}") { request in
            await gate.pass()
            return .text(request.parameters["n"] ?? "")
        }
        try await withServer([route]) { server in
            let clients = try (0..<100).map { _ in try TestClient(port: server.port) }
            for (number, client) in clients.enumerated() {
                try await client.send("GET /\(number) HTTP/1.1\nHost: test\n\n")
            }
            await gate.arrivals(100)
            gate.open()
            for (number, client) in clients.enumerated() {
                #expect(try await client.answer().body == "\(number)")
            }
        }
    }

    @Test("Pipelined requests are answered in their order on one connection")
    func pipelined() async throws {
        try await withServer([.get("/{n}") { .text($0.parameters["n"] ?? "") }, Self.echo]) { server in
            let client = try TestClient(port: server.port)
            let get = (1...20).map { "GET /\($0) HTTP/1.1\nHost: test\n\n" }.joined()
            try await client.send(
                get + "POST /echo HTTP/1.1\nHost: test\nContent-Length: 2\n\nhiGET /21 HTTP/1.1\nHost: test\n\n"
            )
            for number in 1...20 { #expect(try await client.answer().body == "\(number)") }
            #expect(try await client.answer().body == "hi")
            #expect(try await client.answer().body == "21")
        }
    }

    @Test("A request in single bytes is as good as one in one piece")
    func singleBytes() async throws {
        try await withServer([Self.echo]) { server in
            let client = try TestClient(port: server.port)
            for byte in "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello".utf8 {
                try await client.send(bytes: [byte])
            }
            #expect(try await client.answer().body == "hello")
        }
    }

    @Test("What is no HTTP is refused, and the server goes on")
    func malformed() async throws {
        try await withServer([.get("/") { _ in .text("fine") }]) { server in
            let refused = [
                "GET /%zz HTTP/1.1\nHost: test\n\n",
                "GET /?a=%ff HTTP/1.1\nHost: test\n\n",
                "GET nowhere HTTP/1.1\nHost: test\n\n",
                "GET / HTTP/1.1\n\n",
                "POST / HTTP/1.1\nHost: test\nContent-Length: 1\nContent-Length: 2\n\nxx",
                "POST / HTTP/1.1\nHost: test\nContent-Length: 1\nTransfer-Encoding: chunked\n\n0\n\n",
            ]
            for request in refused {
                let client = try TestClient(port: server.port)
                try await client.send(request)
                #expect(try await client.answer().status == 400, "\(request)")
            }
            var generator = SystemRandomNumberGenerator()
            for _ in 0..<50 {
                let client = try TestClient(port: server.port)
                try? await client.send(
                    bytes: (0..<300).map { _ in UInt8.random(in: 0...255, using: &generator) } + [13, 10, 13, 10]
                )
            }
            #expect(try await TestClient(port: server.port).get("/").body == "fine")
        }
    }

    @Test("A head that is too large is refused")
    func largeHead() async throws {
        try await withServer([.get("/") { _ in .text("fine") }]) { server in
            let client = try TestClient(port: server.port)
            try? await client.send("GET / HTTP/1.1\nHost: test\nX: \(String(repeating: "x", count: 100_000))\n\n")
            let status = try await client.answer().status
            #expect([431, 413].contains(status))
        }
    }

    @Test("A client that leaves in mid-request harms nobody, before and while the handler runs")
    func leavingClients() async throws {
        let gate = Gate()
        let slow = HTTPRoute.get("/slow") { _ in
            await gate.pass()
            return .text(String(repeating: "x", count: 1 << 20))
        }
        // A client that the server believed to be still there would hold the shutdown up for the whole drain.
        try await withServer([slow, Self.echo], configure: { $0.drain = .seconds(3600) }) { server in
            for _ in 0..<10 {
                try await TestClient(port: server.port).send("GET /slow HTTP/1.1\nHost: test\n\n")
                try await TestClient(port: server.port).send(
                    "POST /echo HTTP/1.1\nHost: test\nContent-Length: 9\n\nabc"
                )
                try await TestClient(port: server.port).send("POST /ec")
            }
            await gate.arrivals(10)
            gate.open()
            let answer = try await TestClient(port: server.port).post("/echo", "still here")
            #expect(answer.body == "still here")
        }
    }
}
