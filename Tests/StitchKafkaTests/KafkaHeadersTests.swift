// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import Testing

@Suite("Headers")
struct KafkaHeadersTests {
    @Test("keep their order and may repeat a name")
    func order() {
        let headers: KafkaHeaders = ["b": "1", "a": "2", "b": "3"]
        #expect(headers.map(\.name) == ["b", "a", "b"])
        #expect(headers.values(of: "b") == [Array("1".utf8), Array("3".utf8)])
        #expect(headers.text("b") == "3")
    }

    @Test("have exactly one of a name after it was replaced, where the first stood")
    func replace() {
        var headers: KafkaHeaders = ["a": "1", "t": "old", "b": "2", "t": "older"]
        headers.replace("t", with: "new")
        #expect(headers == ["a": "1", "t": "new", "b": "2"])
        headers.replace("u", with: "added")
        #expect(headers.last == KafkaHeader("u", Array("added".utf8)))
    }

    @Test("tell apart no value, an empty one and one that is no text")
    func values() {
        var headers = KafkaHeaders()
        headers.append("none", nil)
        headers.append("empty", [])
        headers.append("binary", [0xff, 0x00])
        #expect(headers.values(of: "none") == [nil])
        #expect(headers.values(of: "empty") == [[]])
        #expect(headers.text("empty") == "")
        #expect(headers.text("none") == nil && headers.text("binary") == nil && headers.text("absent") == nil)
    }

    @Test("lose all of a name when it is removed")
    func remove() {
        var headers: KafkaHeaders = ["a": "1", "b": "2", "a": "3"]
        headers.remove("a")
        #expect(headers == ["b": "2"])
    }
}
