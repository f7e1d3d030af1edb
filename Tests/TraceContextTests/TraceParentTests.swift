// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

@Suite("traceparent (W3C Trace Context Level 2, section 3.2)")
struct TraceParentTests {
    static let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
    static let spanID = "00f067aa0ba902b7"

    @Test("A field of version 00 is read and written back as it was", arguments: ["00", "01", "02", "03"])
    func roundTrip(flags: String) throws {
        let text = "00-\(Self.traceID)-\(Self.spanID)-\(flags)"
        let parent = try #require(TraceParent(text))
        #expect(parent.traceID.description == Self.traceID)
        #expect(parent.spanID.description == Self.spanID)
        #expect(parent.description == text)
    }

    @Test("Unknown flags are zero on output")
    func unknownFlags() throws {
        let parent = try #require(TraceParent("00-\(Self.traceID)-\(Self.spanID)-ff"))
        #expect(parent.flags == [.sampled, .random])
        #expect(parent.description.hasSuffix("-03"))
    }

    @Test(
        "What breaks the grammar is no context",
        arguments: [
            "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473ö-00f067aa0ba902b7-01",
            " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ]
    )
    func invalid(text: String) {
        #expect(TraceParent(text) == nil)
    }

    @Test("A higher version is read by its first 55 bytes, if the next is a dash or the end")
    func higherVersions() throws {
        let known = "\(Self.traceID)-\(Self.spanID)-01"
        #expect(TraceParent("cc-\(known)") != nil)
        #expect(TraceParent("cc-\(known)-what-the-future-brings") != nil)
        #expect(TraceParent("cc-\(known).what-the-future-brings") == nil)
        let parent = try #require(TraceParent("01-\(known)-x"))
        #expect(parent.description == "00-\(known)")
    }

    @Test("A buffer that is too small stays untouched")
    func smallBuffer() throws {
        let parent = try #require(TraceParent("00-\(Self.traceID)-\(Self.spanID)-01"))
        var bytes = [UInt8](repeating: 7, count: TraceParent.byteCount - 1)
        #expect(bytes.withUnsafeMutableBufferPointer { parent.write(to: $0) } == 0)
        #expect(bytes.allSatisfy { $0 == 7 })
    }
}
