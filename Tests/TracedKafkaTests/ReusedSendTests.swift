// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchKafka
import StitchTesting
import TelemetryAPI
import TelemetryData
import Testing
import TraceContext

@testable import TracedKafka

/// A traced producer that sends one record after the other has the same object stand for them, with the headers of the last.
@Suite("Traced records, for which the same stands", .timeLimit(.minutes(1)))
struct ReusedSendTests {
    private static let rounds = 6
    private static let count = 100

    /// Sends records in rounds, each in a trace of its own, and returns them as they arrive, with times between the rounds.
    private func send(
        _ producer: TracedKafkaProducer,
        to topic: String,
        flags: TraceFlags = [.sampled, .random]
    ) async throws -> (records: [KafkaConsumedRecord], times: [Int64]) {
        // A millisecond apart from what was sent before and after.
        var times = [Timestamp.now.milliseconds - 1]
        for round in 0..<Self.rounds {
            let traceID = TraceID(high: 7, low: UInt64(round) + 1)
            let context = SpanContext(traceID: traceID, spanID: SpanID(bits: 9), flags: flags)
            try await Span(context: context).makeCurrent {
                for index in 0..<Self.count {
                    let headers: KafkaHeaders = index % 10 == 9 ? ["a": "\(index)"] : [:]
                    try await producer.enqueue(KafkaRecord(topic: topic, value: [UInt8(round)], headers: headers))
                }
                try await producer.flush()
            }
            let end = Timestamp.now.milliseconds
            times.append(end + 1)
            while Timestamp.now.milliseconds < end + 2, !Task.isCancelled { await Task.yield() }
        }
        #expect(producer.loop.reuseCount > Self.count)
        await producer.shutdown()
        let inbox = Inbox<KafkaConsumedRecord>()
        let consumer = try KafkaConsumer(TestCluster.configuration(), group: topic, topics: [topic]) { inbox.put($0) }
        let running = Task { try await consumer.run() }
        let records = await inbox.take(Self.rounds * Self.count)
        await consumer.shutdown()
        try await running.value
        return (records, times)
    }

    private func expect(
        _ sent: (records: [KafkaConsumedRecord], times: [Int64]),
        flags: String,
        hasOrigin: Bool = true
    ) throws {
        for (index, record) in sent.records.enumerated() {
            let round = index / Self.count
            let own = index % 10 == 9 ? ["a"] : []
            #expect(record.headers.map(\.name) == own + ["traceparent"] + (hasOrigin ? ["stitch"] : []))
            let parent = try #require(record.headers.text("traceparent"))
            let trace = TraceID(high: 7, low: UInt64(round) + 1)
            #expect(parent.hasPrefix("00-\(trace)-") && parent.hasSuffix("-\(flags)"))
            guard hasOrigin else { continue }
            let origin = try #require(record.headers.text("stitch").flatMap { Int64($0.dropFirst(2)) })
            #expect(origin >= sent.times[round] && origin <= sent.times[round + 1])
        }
        #expect(Set(sent.records.map { $0.headers.text("traceparent") }).count == sent.records.count)
    }

    @Test("carry their own span each, which says where that record went")
    func sampled() async throws {
        try await withStitchTest { test in
            let topic = try await TestCluster.topic("reused")
            let sent = try await send(TracedKafkaProducer(TestCluster.configuration()), to: topic)
            try expect(sent, flags: "03")
            let spans = test.spans.send(topic).sorted { $0.offset < $1.offset }
            #expect(spans.map(\.offset) == sent.records.map(\.offset))
            #expect(
                spans.map(\.context.traceParent.description) == sent.records.map { $0.headers.text("traceparent") }
            )
        }
    }

    @Test("carry their own context each where nobody records them")
    func unsampled() async throws {
        try await withStitchTest { test in
            let topic = try await TestCluster.topic("reused")
            let sent = try await send(TracedKafkaProducer(TestCluster.configuration()), to: topic, flags: .random)
            try expect(sent, flags: "02")
            #expect(test.spans.send(topic).isEmpty)
        }
    }

    @Test("tell nobody else when their flow began, as the first of them")
    func external() async throws {
        try await withStitchTest { _ in
            let topic = try await TestCluster.topic("reused")
            let sent = try await send(TracedKafkaProducer(TestCluster.configuration(), external: true), to: topic)
            try expect(sent, flags: "03", hasOrigin: false)
        }
    }

    @Test("end each as they ended: those that fail among others")
    func failed() async throws {
        try await withStitchTest { test in
            let cluster = try await test.kafka()
            try await cluster.createTopic("orders")
            var configuration = cluster.configuration
            configuration.isIdempotent = false
            let producer = try TracedKafkaProducer(configuration)
            try await withSpan("POST /orders") { _ in
                for _ in 0..<3 {
                    try await producer.send(KafkaRecord(topic: "orders", value: [1]))
                    try await cluster.fail(.produce, with: KafkaError.Code("INVALID_RECORD"))
                    await #expect(throws: KafkaError.self) {
                        try await producer.send(KafkaRecord(topic: "orders", value: [2]))
                    }
                }
            }
            #expect(producer.loop.reuseCount == 5)
            await producer.shutdown()
            let errors = test.spans.send("orders").map { $0.attributes["error.type"] }
            #expect(errors == [nil, .string("INVALID_RECORD")] + errors[..<2] + errors[..<2])
        }
    }
}

extension SpanData {
    fileprivate var offset: Int64 {
        if case .int(let offset) = attributes["messaging.kafka.offset"] { offset } else { -1 }
    }
}
