// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchKafka

@Suite("The way through retry topics")
struct RetryTopicsTests {
    private func topics(
        _ names: [String] = ["orders"],
        retry: [Duration] = [.seconds(30), .seconds(300)],
        dead: String? = nil,
        scope: String? = nil
    ) throws -> RetryTopics {
        try RetryTopics(names, KafkaMoveAside(retry: retry, dead: dead, scope: scope))
    }

    @Test(
        "names a delay by a whole number of its largest unit",
        arguments: [
            (Duration.seconds(30), "30s"), (.seconds(300), "5m"), (.seconds(3600), "1h"), (.seconds(90), "90s"),
            (.milliseconds(1500), "1500ms"), (.seconds(172_800), "48h"), (.milliseconds(1), "1ms"),
        ]
    )
    func names(delay: Duration, name: String) { #expect(KafkaMoveAside.name(of: delay) == name) }

    @Test("goes from the topic through each retry topic to the dead one")
    func way() throws {
        let topics = try topics()
        #expect(topics.retryTopics == ["orders.retry.30s", "orders.retry.5m"])
        var place = topics.place(of: "orders")
        var way: [String] = []
        while true {
            let step = topics.step(after: place)
            way.append(step.topic)
            guard step.delay != nil else { break }
            place = topics.place(of: step.topic)
        }
        #expect(way == ["orders.retry.30s", "orders.retry.5m", "orders.dead"])
        #expect(place == RetryTopics.Place(topic: "orders", stage: 2))
    }

    @Test("keeps those of two topics and of two scopes apart, and lets topics share a dead one")
    func scopes() throws {
        let topics = try topics(["a", "b"], retry: [.seconds(1)], dead: "graves", scope: "billing")
        #expect(topics.retryTopics == ["a.billing.retry.1s", "b.billing.retry.1s"])
        #expect(topics.targets.map(\.name) == ["a.billing.retry.1s", "graves", "b.billing.retry.1s"])
        #expect(topics.targets.map(\.like) == ["a", "a", "b"])
        #expect(topics.place(of: "b.billing.retry.1s") == RetryTopics.Place(topic: "b", stage: 1))
    }

    @Test("takes a retry topic that is named too for what it is")
    func named() throws {
        let topics = try topics(["orders", "orders.retry.30s"])
        #expect(topics.topics == ["orders"] && topics.place(of: "orders.retry.30s").stage == 1)
    }

    @Test("lets a record wait until it is due, and never longer than the topic's delay, whatever its header says")
    func waits() throws {
        let topics = try topics()
        let place = topics.place(of: "orders.retry.30s")
        func wait(_ due: Int64?, _ written: Int64?) -> Duration {
            topics.wait(due: due, written: written, at: place, now: 1_000_000)
        }
        #expect(wait(1_012_000, nil) == .seconds(12))
        #expect(wait(1_000_000, nil) == .zero && wait(0, nil) == .zero && wait(.min, nil) == .zero)
        #expect(wait(.max, nil) == .seconds(30) && wait(9_000_000, nil) == .seconds(30))
        // One that somebody else put there.
        #expect(wait(nil, 990_000) == .seconds(20) && wait(nil, nil) == .zero && wait(nil, .max) == .zero)
        #expect(topics.wait(due: .max, written: nil, at: topics.place(of: "orders"), now: 0) == .zero)
    }

    @Test("refuses what can't be, with the option and what would be right")
    func refusals() {
        func refusal(_ make: () throws -> RetryTopics) -> String {
            do {
                _ = try make()
                return "taken"
            } catch {
                return "\(error)"
            }
        }
        #expect(refusal { try topics(["^orders.*"]) }.contains("regular expression"))
        #expect(refusal { try topics(retry: [.zero]) }.contains("onFailure.retry"))
        #expect(refusal { try topics(retry: [.nanoseconds(1_000_001)]) }.contains("whole milliseconds"))
        #expect(refusal { try topics(retry: [.seconds(Int64.max)]) }.contains("30 days"))
        #expect(refusal { try topics(retry: [.seconds(60), .seconds(60)]) }.contains("once"))
        #expect(refusal { try topics(scope: "a/b") }.contains("onFailure.scope"))
        #expect(refusal { try topics(dead: "") }.contains("onFailure.dead"))
        #expect(refusal { try topics(dead: "orders.retry.30s") }.contains("reads that topic itself"))
        #expect(refusal { try topics([String(repeating: "x", count: 245)]) }.contains("249 bytes"))
    }
}
