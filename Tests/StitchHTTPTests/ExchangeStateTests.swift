// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchHTTP

struct ExchangeStateTests {
    private static func state(
        _ fields: [(name: String, value: String)] = [],
        limit: Int = 10
    ) -> (ExchangeState, ExchangeState.Action) {
        var state = ExchangeState(maximumBodySize: limit)
        let action = state.headReceived(HTTPRequest(method: "POST", path: "/", fields: fields))
        return (state, action)
    }

    private static func feed(_ state: inout ExchangeState, _ count: Int) -> ExchangeState.Action {
        [UInt8](repeating: 7, count: count).withUnsafeBytes { state.bodyReceived($0) }
    }

    @Test("The body's pieces make the body, up to the limit")
    func body() {
        var (state, _) = Self.state()
        _ = Self.feed(&state, 4)
        _ = Self.feed(&state, 6)
        guard case .handle(let request) = state.readyToAnswer() else {
            Issue.record("a whole request is handled")
            return
        }
        #expect(request.body == [UInt8](repeating: 7, count: 10))
        state.answered(.text("done"))
        guard case .answer(let response) = state.readyToAnswer() else {
            Issue.record("an answer is sent")
            return
        }
        #expect(response.status == 200)
    }

    @Test("One byte more than the limit is 413, after a bounded rest has been read")
    func overLimit() {
        var (state, _) = Self.state()
        _ = Self.feed(&state, 10)
        _ = Self.feed(&state, 1)
        guard case .answer(let response) = state.readyToAnswer() else {
            Issue.record("a body that is too large is answered")
            return
        }
        #expect(response.status == 413)

        var (endless, _) = Self.state()
        var isGivenUp = false
        for _ in 0..<100 where !isGivenUp {
            if case .close = Self.feed(&endless, 1000) { isGivenUp = true }
        }
        #expect(isGivenUp)
    }

    @Test(
        "An announced length decides before the body is read",
        arguments: [("10", nil), ("11", nil), ("70000", 413), ("-1", nil), ("99999999999999999999", 413)]
    )
    func announced(length: String, status: Int?) {
        let (_, action) = Self.state([("content-length", length)])
        if case .answer(let response) = action {
            #expect(response.status == status)
        } else {
            #expect(status == nil)
        }
    }

    @Test("A client that asks before it sends is told at once")
    func expectation() {
        let (_, action) = Self.state([("Content-Length", "11"), ("Expect", "100-continue")])
        guard case .answer(let response) = action else {
            Issue.record("the client waits for an answer")
            return
        }
        #expect(response.status == 413)
    }
}
