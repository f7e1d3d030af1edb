// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchHTTP

struct RequestTargetTests {
    @Test("A target is taken apart before it is decoded")
    func parts() throws {
        let target = try #require(RequestTarget("/a%2Fb/%C3%A9/?x=1%262&&y&=z&w=a=b+c"))
        #expect(target.path == "/a%2Fb/%C3%A9/")
        #expect(target.segments == ["a/b", "é", ""])
        #expect(target.query.map(\.name) == ["x", "y", "", "w"])
        #expect(target.query.map(\.value) == ["1&2", "", "z", "a=b c"])
    }

    @Test(
        "The absolute form means its path",
        arguments: [("http://h:1/a?b", "/a"), ("http://h", "/"), ("http://h?b", "/")]
    )
    func absolute(form: String, path: String) throws {
        #expect(try #require(RequestTarget(form)).path == path)
    }

    @Test(
        "What can't be decoded is no target",
        arguments: ["", "*", "a", "/%", "/%4", "/%4g", "/%+1", "/%ff", "/?%ff", "/?a=%"]
    )
    func malformed(text: String) {
        #expect(RequestTarget(text) == nil)
    }
}
