// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import Testing
import TraceContext

@testable import TracedKafka

@Suite("Where a dead record goes")
struct RedriveMoverTests {
    private static let topics = [
        "orders": 3, "orders.dead": 3, "orders.billing.dead": 1, "orders.billing.retry.5m": 1,
        "orders.billing.retry.30s": 1, "orders.billing.retry.soon": 1, "orders.mail.dead": 1, "payments": 1,
        "payments.dead": 1, "all.dead": 1, "graves": 1,
    ]

    private func record(in topic: String, from source: String? = "orders/2/7/1", target: String? = nil)
        -> KafkaConsumedRecord
    {
        var headers = KafkaHeaders()
        if let source {
            headers.append("stitch-attempt", "4")
            headers.append("stitch-source", source)
            headers.append("stitch-target", target ?? topic)
        }
        return KafkaConsumedRecord(topic: topic, partition: 1, offset: 5, value: [1], headers: headers)
    }

    private func choose(
        _ record: KafkaConsumedRecord,
        _ change: (inout DeadRecords.Selection) -> Void = { _ in }
    ) -> RedriveProgress.Choice {
        var selection = DeadRecords.Selection()
        change(&selection)
        return RedriveMover(of: record.topic, selection, partitions: Self.topics).choice(of: record)
    }

    private func move(_ choice: RedriveProgress.Choice) throws -> RecordMove {
        guard case .move(let move) = choice else {
            Issue.record("\(choice)")
            throw Bounced()
        }
        return move
    }

    private func reason(_ choice: RedriveProgress.Choice) -> String {
        if case .left(let reason) = choice { "\(reason)" } else { "moved" }
    }

    @Test("is where it was first, in the same partition if that is still there, with all its tries before it")
    func back() throws {
        let back = try move(choose(record(in: "orders.dead")))
        #expect(back.sent.topic == "orders" && back.sent.partition == 2)
        let moved = try #require(back.moved)
        #expect(moved.attempt == 4 && moved.attemptSinceRedrive == 0 && moved.reason == "redrive" && moved.due == nil)
        #expect(try move(choose(record(in: "orders.dead", from: "orders/3/7/1"))).sent.partition == nil)
        #expect(try move(choose(record(in: "graves"))).sent.partition == 2)
        #expect(try move(choose(record(in: "all.dead"))).topic == "orders")
    }

    @Test("is the first retry topic of the group that it failed in, due at once, unless all groups are to get it")
    func scoped() throws {
        let scoped = try move(choose(record(in: "orders.billing.dead")))
        #expect(scoped.topic == "orders.billing.retry.30s" && scoped.partition == nil && scoped.moved?.due != nil)
        #expect(reason(choose(record(in: "orders.mail.dead"))) == "scoped")
        let all = try move(choose(record(in: "orders.mail.dead")) { $0.isForAllGroups = true })
        #expect(all.topic == "orders" && all.moved?.due == nil)
    }

    @Test(
        "is nowhere if it came from elsewhere, says nothing of it, or that isn't there; a target that is given takes it"
    )
    func nowhere() throws {
        #expect(reason(choose(record(in: "payments.dead"))) == "astray")
        #expect(reason(choose(record(in: "orders.dead", target: "graves"))) == "stranger")
        #expect(reason(choose(record(in: "orders.dead", from: nil))) == "stranger")
        #expect(reason(choose(record(in: "gone.dead", from: "gone/0/0/1"))).contains("'gone'"))
        #expect(try move(choose(record(in: "payments.dead")) { $0.target = "payments" }).topic == "payments")
    }

    @Test("gets its age along if somebody else put it into the dead topic")
    func foreign() throws {
        let foreign = try move(choose(record(in: "orders.dead", from: nil)) { $0.target = "orders" })
        let moved = try #require(foreign.moved)
        #expect(moved.source.topic == "orders.dead" && moved.source.partition == 1 && moved.source.offset == 5)
        #expect(moved.attempt == 1 && moved.attemptSinceRedrive == 0 && moved.target == "orders")
    }
}
