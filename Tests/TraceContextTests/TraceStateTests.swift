// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

@Suite("tracestate (W3C Trace Context Level 2, section 3.3)")
struct TraceStateTests {
    @Test("Members keep their order, and white space round them goes")
    func order() throws {
        let state = try #require(TraceState("a=1, b=2\t,,c@x=3 4"))
        #expect(state.description == "a=1,b=2,c@x=3 4")
    }

    @Test(
        "What breaks the grammar is no state",
        arguments: ["a", "=1", "A=1", "a=", "a=b=c", "é=1", "a=é", "_a=1", "a =1"]
    )
    func invalid(text: String) {
        #expect(TraceState(text) == nil)
    }

    @Test("32 members are read, 33 are not")
    func count() {
        let members = (0..<33).map { "k\($0)=v" }
        #expect(TraceState(members.prefix(32).joined(separator: ","))?.members.count == 32)
        #expect(TraceState(members.joined(separator: ",")) == nil)
    }

    @Test("A member that is set moves to the left, and the right-most gives way")
    func mutation() throws {
        var state = try #require(TraceState((0..<32).map { "k\($0)=v" }.joined(separator: ",")))
        state["k5"] = "new"
        #expect(state.members.first?.key == "k5")
        #expect(state.members.count == 32)
        state["other"] = "x"
        #expect(state.members.count == 32)
        #expect(state["k31"] == nil)
        state["other"] = "not,legal"
        #expect(state["other"] == "x")
        state["other"] = nil
        #expect(state["other"] == nil)
    }
}
