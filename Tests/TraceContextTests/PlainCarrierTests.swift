// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

@Suite("What a message carries in the usual form")
struct PlainCarrierTests {
    private static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    private func read(_ traceParent: String, _ stitch: String? = nil) -> PlainCarrier? {
        let parent = Array(traceParent.utf8).withUnsafeBytes { PlainCarrier(traceParent: $0) }
        guard var carrier = parent else { return nil }
        if let stitch, !Array(stitch.utf8).withUnsafeBytes({ carrier.read(stitch: $0) }) { return nil }
        return carrier
    }

    @Test(
        "is the same as numbers and as text",
        arguments: [
            (parent, nil), (parent, "o=0"), (parent, "o=1"), (parent, "o=1792000000000"), (parent, "o=9999999999999"),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03", "o=12"),
            ("00-00000000000000000000000000000001-0000000000000001-00", nil),
        ] as [(String, String?)]
    )
    func same(traceParent: String, stitch: String?) throws {
        let plain = try #require(read(traceParent, stitch))
        var carrier = ContextCarrier()
        carrier["traceparent"] = traceParent
        carrier["stitch"] = stitch
        #expect(plain.carrier == carrier)
        #expect(plain.context == carrier.spanContext)
        #expect(plain.originMilliseconds == stitch.flatMap { StitchField($0).originMilliseconds })
    }

    @Test(
        "has no form for what would not be passed on as it came",
        arguments: [
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-04",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-11",
            "00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0", "",
        ]
    )
    func otherParents(text: String) {
        #expect(read(text) == nil)
    }

    @Test(
        "has no form for a field that says more than an origin, or says it in another way",
        arguments: [
            "", "o", "o=", "o=-1", "o=+1", "o=01", "o=1;c=new", "c=new", "o=1 ", "o=1a", "p=1", "o=10000000000000",
            "o=99999999999999999999", "o=1;o=2",
        ]
    )
    func otherFields(text: String) {
        #expect(read(Self.parent, text) == nil)
    }

    @Test("takes one such field and no second")
    func once() throws {
        var plain = try #require(read(Self.parent, "o=1"))
        let isTaken = Array("o=2".utf8).withUnsafeBytes { plain.read(stitch: $0) }
        #expect(!isTaken && plain.originMilliseconds == 1)
    }
}
