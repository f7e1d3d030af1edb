// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchHTTP
import Testing

@Suite("A service that passes a trace on", .runningServices, .serialized, .timeLimit(.minutes(5)))
struct PropagationTests {
    @Test("What goes out is what the specification says, by every way", arguments: PropagationCase.traceParent)
    func traceParent(propagation: PropagationCase) async throws { try await check(propagation) }

    @Test("A state goes on with its trace, by every way", arguments: PropagationCase.traceState)
    func traceState(propagation: PropagationCase) async throws { try await check(propagation) }

    @Test("Baggage goes on with or without a trace, by every way", arguments: PropagationCase.baggage)
    func baggage(propagation: PropagationCase) async throws { try await check(propagation) }

    @Test("Several calls have one trace and a parent each, by every way", arguments: [true, false])
    func severalCalls(isContinued: Bool) async throws {
        let propagation = PropagationCase(
            "Several calls",
            expected: isContinued ? .continued("01", state: "a=1") : .new()
        )
        var sent = propagation
        if isContinued { sent.fields = [PropagationCase.parent(), PropagationCase.state("a=1")] }
        try await check(sent, calls: 5)
    }

    /// Sends the case through each way, and compares what arrives with what is expected and with the other ways.
    private func check(_ propagation: PropagationCase, calls: Int = 1) async throws {
        let running = try #require(RunningServices.current)
        var carried: [String: CarriedContext] = [:]
        for service in running.services {
            let path = "/\(UUID().uuidString)"
            let call = #"{"url": "http://127.0.0.1:\#(running.targetPort)\#(path)", "arguments": []}"#
            let body = "[\(Array(repeating: call, count: calls).joined(separator: ","))]"
            let answer = try await RawRequest(fields: propagation.fields, body: body).post(to: service.port)
            #expect(answer.status == 200, "via \(service.way): \(answer.body)")
            let requests = running.target.take(path)
            try #require(requests.count == calls, "via \(service.way)")
            let context = try CarriedContext(requests)
            #expect(context == propagation.expected, "via \(service.way)")
            carried[service.way] = context
        }
        #expect(carried.count == 3)
        #expect(Set(carried.values).count == 1, "the ways differ: \(carried)")
    }
}
