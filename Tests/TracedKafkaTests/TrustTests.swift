// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import MessageTracing
import StitchKafka
import StitchTesting
import TelemetryAPI
import Testing
import TraceContext
import TracedKafka

@Suite("Records to and from strangers, and what senders wish", .timeLimit(.minutes(1)))
struct TrustTests {
    /// Sends a record with everything that a record can carry, and works on it; gives the headers that arrived.
    private func pass(
        to topic: String,
        headers: KafkaHeaders = [:],
        wish: StitchField.Wish? = nil,
        sendsExternally: Bool = false,
        consumesExternally: Bool = false,
        _ handler: @escaping @Sendable () -> Void = {}
    ) async throws -> KafkaHeaders {
        let producer = try TracedKafkaProducer(TestCluster.configuration(), external: sendsExternally)
        try await withBaggage(Baggage("user=alice")) {
            try await producer.send(KafkaRecord(topic: topic, value: [1], headers: headers), wish: wish)
        }
        await producer.shutdown()
        let inbox = Inbox<KafkaHeaders>()
        let consumer = try TracedKafkaConsumer(
            TestCluster.configuration(),
            group: topic,
            topics: [topic],
            external: consumesExternally
        ) { record in
            handler()
            inbox.put(record.headers)
        }
        let running = Task { try await consumer.run() }
        let received = await inbox.next()
        await consumer.shutdown()
        try await running.value
        return try #require(received)
    }

    @Test("A record to a stranger carries its span alone, whatever headers it had", arguments: [true, false])
    func external(traces: Bool) async throws {
        try await withStitchTest(lint: FlowLint()) { _ in
            try await withTracer(traces ? TelemetrySystem.tracer : NoOpTracer()) {
                try await withMeter(NoOpMeter()) {
                    let topic = try await TestCluster.topic("to-stranger")
                    let stale: KafkaHeaders = [
                        "tracestate": "x=1", "baggage": "user=bob", "stitch": "o=1", "mine": "1",
                    ]
                    let received = try await pass(to: topic, headers: stale, sendsExternally: true)
                    #expect(received.map(\.name) == (traces ? ["mine", "traceparent"] : ["mine"]))
                }
            }
        }
    }

    @Test("Work on a stranger's record starts a trace, linked, without its baggage")
    func fromStranger() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("from-stranger")
            let received = try await pass(to: topic, consumesExternally: true) { #expect(Baggage.current.isEmpty) }
            #expect(received.text("baggage") == "user=alice")
            let send = try #require(test.spans.send(topic).first)
            let process = try #require(test.spans.process(topic).first)
            #expect(process.parentSpanID == nil && process.traceID != send.traceID)
            #expect(process.links.map(\.spanID) == [send.spanID])
        }
    }

    @Test("A record whose sender wishes it starts a trace; among our own its baggage is current")
    func wish() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("wish")
            let received = try await pass(to: topic, wish: .newTrace) { #expect(Baggage.current["user"] == "alice") }
            #expect(received.text("stitch")?.hasSuffix(";c=new") == true)
            let process = try #require(test.spans.process(topic).first)
            #expect(process.parentSpanID == nil && process.links.count == 1)
        }
    }
}
