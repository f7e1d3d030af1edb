// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchHTTP
import Testing

@Suite("A service that takes calls, when something is wrong", .runningServices, .serialized, .timeLimit(.minutes(5)))
struct ServiceFailureTests {
    @Test(
        "A body that can't be understood is 400, and says what is wrong",
        arguments: [
            ("", "no JSON"), ("[", "no JSON"), ("{}", "has to be a list"), ("7", "has to be a list"),
            ("[7]", "Call 1: it has to be an object"),
            (#"[{"arguments": []}]"#, #"Call 1: its "url" has to be a URL"#),
            (#"[{"url": 7, "arguments": []}]"#, #"Call 1: its "url" has to be a URL"#),
            (#"[{"url": "/test", "arguments": []}]"#, "http:// or https://"),
            (#"[{"url": "file:///etc/passwd", "arguments": []}]"#, "http:// or https://"),
            (#"[{"url": "http://me:hunter2@127.0.0.1/", "arguments": []}]"#, "no password"),
            (
                #"[{"url": "http://127.0.0.1/", "arguments": []}, {"url": "http://127.0.0.1/"}]"#,
                #"Call 2: it has no "arguments""#
            ),
            (
                "[\(Array(repeating: #"{"url": "http://127.0.0.1/", "arguments": []}"#, count: 33).joined(separator: ","))]",
                "at most 32"
            ),
            (String(repeating: "[", count: 60_000), "no JSON"),
        ]
    )
    func badBody(body: String, complaint: String) async throws {
        try await check(body, status: 400) { $0.contains(complaint) && !$0.contains("hunter2") }
    }

    @Test("A body that is too large is 413")
    func tooLarge() async throws {
        try await check(String(repeating: " ", count: 1 << 16 + 1), status: 413) { $0.contains("65536") }
    }

    @Test("No calls are no error")
    func noCalls() async throws {
        try await check("[]", status: 200) { $0 == #"{"calls":0}"# }
    }

    @Test("Who doesn't answer is named, and the others have been called")
    func noAnswer() async throws {
        let running = try #require(RunningServices.current)
        let path = "/\(UUID().uuidString)"
        let body = """
            [{"url": "http://127.0.0.1:1/nobody", "arguments": []},
             {"url": "http://127.0.0.1:\(running.targetPort)\(path)", "arguments": []}]
            """
        try await check(body, status: 502) {
            $0.hasPrefix("http://127.0.0.1:1/nobody did not answer: ") && $0.split(separator: "\n").count == 1
        }
        #expect(running.target.take(path).count == running.services.count)
    }

    @Test("Any answer is an answer, and no redirect is followed", arguments: [302, 307, 404, 500])
    func otherStatus(status: Int) async throws {
        let running = try #require(RunningServices.current)
        let (path, further) = ("/\(UUID().uuidString)", "/\(UUID().uuidString)")
        running.target.answer(path, HTTPResponse(status: status, fields: [("Location", further)]))
        try await check(call(path), status: 200) { _ in true }
        #expect(running.target.take(path).count == running.services.count)
        #expect(running.target.take(further).isEmpty)
    }

    @Test("An answer that is too large is none")
    func largeAnswer() async throws {
        let running = try #require(RunningServices.current)
        let path = "/\(UUID().uuidString)"
        running.target.answer(path, HTTPResponse(body: Array(repeating: 120, count: 1 << 20 + 1)))
        try await check(call(path), status: 502) { $0.contains("larger than 1048576 bytes") }
    }

    @Test("Arguments arrive as they were sent")
    func arguments() async throws {
        let running = try #require(RunningServices.current)
        let path = "/\(UUID().uuidString)"
        for arguments in [#"[1,"ü\n",{"a":[null,true]}]"#, "{}", "7", #""text""#, "null"] {
            try await check(call(path, arguments), status: 200) { _ in true }
            let bodies = running.target.take(path).map { String(decoding: $0.body, as: UTF8.self) }
            #expect(bodies == Array(repeating: arguments, count: 3))
        }
    }

    @Test("The service may call itself")
    func nested() async throws {
        let running = try #require(RunningServices.current)
        // So often that two of its requests would get into each other's way, if they could.
        for service in running.services + running.services + running.services + running.services {
            let path = "/\(UUID().uuidString)"
            var body = call(path)
            for _ in 1...8 { body = #"[{"url": "http://127.0.0.1:\#(service.port)/test", "arguments": \#(body)}]"# }
            let answer = try await RawRequest(fields: [PropagationCase.parent()], body: body).post(to: service.port)
            #expect(answer.status == 200, "via \(service.way): \(answer.body)")
            let carried = try CarriedContext(running.target.take(path))
            #expect(carried == .continued("01"), "via \(service.way)")
        }
    }

    private func call(_ path: String, _ arguments: String = "[]") -> String {
        let port = RunningServices.current?.targetPort ?? 0
        return #"[{"url": "http://127.0.0.1:\#(port)\#(path)", "arguments": \#(arguments)}]"#
    }

    /// Sends a body each way, and compares the answers.
    private func check(_ body: String, status: Int, text: (String) -> Bool) async throws {
        var answers: Set<String> = []
        for service in try #require(RunningServices.current).services {
            let answer = try await RawRequest(body: body).post(to: service.port)
            #expect(answer.status == status, "via \(service.way): \(answer.body)")
            #expect(text(answer.body), "via \(service.way): \(answer.body)")
            // How long it took to find out is another each time.
            answers.insert(answer.body.replacing(/\d+ ms/, with: "… ms"))
        }
        #expect(answers.count == 1, "the ways differ: \(answers)")
    }
}
