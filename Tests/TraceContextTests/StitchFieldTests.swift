// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

@Suite("Stitch's own fields")
struct StitchFieldTests {
    @Test("Origin and wish are read and written; what is unknown is kept, what is garbage is not")
    func field() {
        var field = StitchField("o=1700000000000;x-y=1;;=;bad;c=continue;o=5;z=")
        #expect(field.originMilliseconds == 1_700_000_000_000)
        #expect(field.wish == .continueTrace)
        field.wish = .newTrace
        #expect(field.description == "o=1700000000000;c=new;x-y=1")
        #expect(StitchField("o=-1;c=perhaps").originMilliseconds == nil)
        #expect(StitchField("o=-1;c=perhaps").wish == nil)
        #expect(StitchField("o=99999999999999999999").originMilliseconds == nil)
    }

    @Test("It never has more than 256 bytes, and a longer one says nothing")
    func bound() {
        #expect(StitchField("a=" + String(repeating: "x", count: 255)).isEmpty)
        var field = StitchField("a=" + String(repeating: "x", count: 250))
        field.originMilliseconds = .max
        #expect(field.description == "o=\(Int64.max)")
    }

    @Test("What a moved record says comes back")
    func moved() throws {
        let previous = SpanContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(bits: 3), isRemote: true)
        let moved = MovedRecord(
            attempt: 2,
            previous: previous,
            reason: "timeout",
            source: MovedRecord.Source(topic: "orders.eu", partition: 3, offset: 42, timestamp: 1_700_000_000_000),
            target: "orders.eu.dead",
            redriven: 1
        )
        let fields = Dictionary(uniqueKeysWithValues: moved.fields.map { ($0.name, $0.value) })
        #expect(fields["stitch-source"] == "orders.eu/3/42/1700000000000")
        #expect(fields["stitch-target"] == "orders.eu.dead" && fields["stitch-redriven"] == "1")
        #expect(MovedRecord { fields[$0] } == moved)
        #expect(Set(moved.fields.map(\.name)).isSubset(of: MovedRecord.FieldName.all))
    }

    @Test("However often a record says that it was tried, there is a number for one try more")
    func countless() throws {
        let fields = ["stitch-attempt": "\(Int.max)", "stitch-source": "t/1/2/3", "stitch-redriven": "\(Int.min)"]
        let moved = try #require(MovedRecord { fields[$0] })
        #expect(moved.redriven == nil && MovedRecord.attempts(moved.attempt, and: 3) == .max)
        #expect(MovedRecord.attempts(2, and: 3) == 5 && moved.attemptSinceRedrive == .max)
    }

    @Test(
        "What a moved record says is its own where it says that it was moved to, else in topics of its first one's name",
        arguments: [
            ("orders", nil, true), ("orders.retry.30s", nil, true), ("dlq", nil, false), ("dlq", "dlq", true),
            ("orders-v2", "dlq", false), ("shipments", "orders.retry.30s", false), ("orders", "orders", true),
            // A handler has sent on all headers that it received.
            ("orders.shipped", "orders.retry.30s", false), ("orders", "orders.retry.30s", false),
        ]
    )
    func own(topic: String, target: String?, isOwn: Bool) {
        let source = MovedRecord.Source(topic: "orders", partition: 0, offset: 0, timestamp: -1)
        let moved = MovedRecord(attempt: 1, previous: nil, reason: "retry", source: source, target: target)
        #expect(moved.isOwn(in: topic) == isOwn)
    }

    @Test(
        "A record whose fields can't be read was not moved",
        arguments: [
            ["stitch-source": "t/1/2/3"], ["stitch-attempt": "1"], ["stitch-attempt": "0", "stitch-source": "t/1/2/3"],
            ["stitch-attempt": "x", "stitch-source": "t/1/2/3"], ["stitch-attempt": "1", "stitch-source": "t/1/2"],
            ["stitch-attempt": "1", "stitch-source": "/1/2/3"], ["stitch-attempt": "1", "stitch-source": "t/1/2/3/4"],
        ]
    )
    func garbage(fields: [String: String]) {
        #expect(MovedRecord { fields[$0] } == nil)
    }
}
