// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchTesting
import TelemetryAPI
import TelemetrySDK
import Testing

private typealias Attribute = MessagingConventions.Attribute
private typealias Metric = MessagingConventions.Metric

private struct Broken: Error {}

@Suite("Metrics of messages")
struct MessageMetricsTests {
    let target = MessageTarget(
        system: "kafka",
        destination: "orders",
        consumerGroup: "billing",
        clientID: "c1",
        attributes: ["server.address": "broker", "server.port": 9092, "stitch.job.queue": "q"]
    )
    let context = SpanContext(traceID: TraceID(high: 7, low: 7), spanID: SpanID(bits: 7), flags: .sampled)

    private func message(_ carrier: ContextCarrier? = nil) -> ReceivedMessage {
        ReceivedMessage(
            carrier: carrier ?? ContextCarrier(context),
            wait: MessageWait(total: .seconds(2)),
            attributes: [Attribute.partitionID: "3", Attribute.kafkaOffset: 42]
        )
    }

    @Test("The metrics have the conventions' names, units and buckets, and ours")
    func descriptions() {
        let conventions = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
        let histograms = [MessagingMetrics.operationDuration, MessagingMetrics.processDuration].map(\.instrument)
        #expect(histograms.map(\.name) == ["messaging.client.operation.duration", "messaging.process.duration"])
        #expect(histograms.allSatisfy { $0.unit == "s" && $0.boundaries == conventions && $0.kind == .histogram })
        let counters = [MessagingMetrics.sentMessages, MessagingMetrics.consumedMessages, MessagingMetrics.context]
            .map(\.instrument)
        let names = ["messaging.client.sent.messages", "messaging.client.consumed.messages", "stitch.context"]
        #expect(counters.map(\.name) == names)
        #expect(counters.allSatisfy { $0.unit == "{message}" && $0.boundaries.isEmpty && $0.kind == .counter })
        let waits = [MessagingMetrics.messageWait, MessagingMetrics.messageClockSkew, MessagingMetrics.flowLatency]
            .map(\.instrument)
        #expect(waits.map(\.name) == ["stitch.message.wait", "stitch.message.clock_skew", "stitch.flow.latency"])
        for wait in waits {
            #expect(wait.unit == "s" && wait.boundaries == wait.boundaries.sorted())
            #expect(wait.boundaries.first == 0.01 && wait.boundaries.last == 14400 && wait.boundaries.contains(600))
        }
    }

    @Test("A send is counted and timed when it is acknowledged, with the conventions' attributes and its span, once")
    func send() async throws {
        try await withStitchTest { test in
            let send = SendSpan(to: target, messageID: "m1") { $0[Attribute.kafkaKey] = "7" }
            #expect(test.measurements.all.isEmpty)
            send.end(partition: "3") { $0[Attribute.kafkaOffset] = 42 }
            send.end(partition: "3")
            send.fail(Broken(), type: "BROKEN")
            let count = try #require(test.measurements.of(Metric.sentMessages).first)
            let duration = try #require(test.measurements.of(Metric.operationDuration).first)
            #expect(test.measurements.all.count == 2)
            var expected: Attributes = [
                "messaging.operation.name": "send", "messaging.system": "kafka",
                "messaging.destination.name": "orders", "messaging.destination.partition.id": "3",
                "server.address": "broker", "server.port": 9092,
            ]
            #expect(count.value == .int(1) && count.context == send.span.context)
            #expect(count.attributes == expected)
            expected["messaging.operation.type"] = "send"
            #expect(duration.value.doubleValue > 0 && duration.context == send.span.context)
            #expect(duration.attributes == expected)
        }
    }

    @Test("A send that fails counts as sent, with the error's type on both metrics")
    func sendFails() async throws {
        try await withStitchTest { test in
            SendSpan(to: target).fail(Broken(), type: "MESSAGE_TOO_LARGE")
            #expect(test.measurements.total(of: Metric.sentMessages, where: ["error.type": "MESSAGE_TOO_LARGE"]) == 1)
            #expect(test.measurements.of(Metric.operationDuration)[0].attributes["error.type"] == "MESSAGE_TOO_LARGE")
        }
    }

    @Test("A delivery is counted as work on it begins, its wait measured, and the work timed when it ends")
    func process() async throws {
        try await withStitchTest { test in
            let process = ProcessSpan(of: message(), from: target)
            let delivery: Attributes = [
                "messaging.operation.name": "process", "messaging.system": "kafka",
                "messaging.destination.name": "orders", "messaging.consumer.group.name": "billing",
                "messaging.destination.partition.id": "3", "server.address": "broker", "server.port": 9092,
            ]
            let place: Attributes = [
                "messaging.system": "kafka", "messaging.destination.name": "orders",
                "messaging.consumer.group.name": "billing",
            ]
            #expect(test.measurements.all.map(\.instrument.name) == [Metric.consumedMessages, Metric.messageWait])
            #expect(test.measurements.all.map(\.value) == [.int(1), .double(2)])
            #expect(test.measurements.all.map(\.attributes) == [delivery, place])
            await process.run {}
            let duration = try #require(test.measurements.of(Metric.processDuration).first)
            #expect(test.measurements.all.count == 3)
            #expect(duration.attributes == delivery)
            #expect(test.measurements.all.allSatisfy { $0.context == process.span.context })
        }
    }

    @Test("Work that fails has an error's type on its duration; work that is interrupted has none")
    func processOutcomes() async throws {
        try await withStitchTest { test in
            for outcome in [ProcessOutcome.failed(errorType: "late"), .failed(errorType: nil), .interrupted] {
                await #expect(throws: Broken.self) {
                    try await ProcessSpan(of: message(), from: target)
                        .run(classify: { _ in outcome }) { () async throws in throw Broken() }
                }
            }
            let types = test.measurements.of(Metric.processDuration).map { $0.attributes["error.type"]?.stringValue }
            #expect(types == ["late", "Broken", nil])
            #expect(types[1] == test.spans.process("orders")[1].attributes["error.type"]?.stringValue)
            #expect(test.measurements.of(Metric.consumedMessages).allSatisfy { $0.attributes["error.type"] == nil })
        }
    }

    @Test("Work that began earlier is timed from then; work that is to begin later takes no negative time")
    func givenStart() async throws {
        try await withStitchTest { test in
            await ProcessSpan(of: message(), from: target, at: .now.advanced(by: .seconds(-60))).run {}
            await ProcessSpan(of: message(), from: target, at: .now.advanced(by: .seconds(60))).run {}
            let durations = test.measurements.of(Metric.processDuration).map(\.value.doubleValue)
            try #require(durations.count == 2)
            #expect(durations[0] >= 60 && durations[1] == 0)
        }
    }

    @Test("Sampled or not, recorded or not, the same is measured, with the span's context")
    func unsampled() async throws {
        func measure(under parent: SpanContext?) async throws -> [RecordedMeasurement] {
            try await withStitchTest { test in
                let received = ReceivedMessage(carrier: ContextCarrier(parent ?? context), wait: message().wait)
                let send = parent.map { Span(context: $0).makeCurrent { SendSpan(to: target) } } ?? SendSpan(to: target)
                send.fail(Broken(), type: "BROKEN")
                await ProcessSpan(of: received, from: target).run {}
                #expect(test.spans.all.isEmpty == (parent != nil))
                return test.measurements.all
            }
        }
        let sampled = try await measure(under: nil)
        let unsampled = try await measure(
            under: SpanContext(traceID: TraceID(high: 9, low: 9), spanID: SpanID(bits: 9))
        )
        #expect(sampled.count == 5)
        #expect(sampled.map(\.instrument) == unsampled.map(\.instrument))
        #expect(sampled.map(\.attributes) == unsampled.map(\.attributes))
        #expect(unsampled.allSatisfy { $0.context?.traceID == TraceID(high: 9, low: 9) })

        let meter = RecordedMeasurements()
        await withTracer(NoOpTracer()) {
            await withMeter(meter) { await ProcessSpan(of: message(), from: target).run {} }
        }
        #expect(meter.of(Metric.processDuration).count == 1)
        #expect(meter.of(Metric.processDuration)[0].context?.traceID == context.traceID)
    }

    @Test("A message from the future has no wait, but clock skew")
    func clockSkew() async throws {
        try await withStitchTest { test in
            var message = message()
            message.wait = MessageWait(total: .milliseconds(-250))
            await ProcessSpan(of: message, from: target).run {}
            #expect(test.measurements.of(Metric.messageWait).isEmpty)
            #expect(test.measurements.of(Metric.messageClockSkew).map(\.value) == [.double(0.25)])
        }
    }

    @Test("Of a batch each message is counted and waits, and the work is timed once")
    func batch() async throws {
        try await withStitchTest { test in
            var other = message(ContextCarrier())
            other.attributes[Attribute.partitionID] = "4"
            await ProcessSpan(ofBatch: [message(), message(), other], from: target).run {}
            await ProcessSpan(ofBatch: [message(), message()], from: target).run {}
            let partitions = test.measurements.of(Metric.consumedMessages).map { $0.attributes[Attribute.partitionID] }
            #expect(partitions == ["3", "3", "4", "3", "3"])
            #expect(test.measurements.of(Metric.messageWait).count == 5)
            #expect(test.measurements.total(of: Metric.context, where: ["state": "missing"]) == 1)
            let durations = test.measurements.of(Metric.processDuration)
            #expect(durations.map { $0.attributes[Attribute.partitionID] } == [nil, "3"])
        }
    }

    @Test("Of a batch over several topics each message counts for its own")
    func batchOverTopics() async throws {
        try await withStitchTest { test in
            var messages = [message(), message()]
            messages[0].attributes[Attribute.destinationName] = "orders"
            messages[1].attributes[Attribute.destinationName] = "returns"
            await ProcessSpan(ofBatch: messages, from: MessageTarget(system: "kafka", destination: nil)).run {}
            for metric in [Metric.consumedMessages, Metric.messageWait] {
                let topics = test.measurements.of(metric).map { $0.attributes[Attribute.destinationName] }
                #expect(topics == ["orders", "returns"])
            }
            let duration = try #require(test.measurements.of(Metric.processDuration).first)
            #expect(duration.attributes == ["messaging.operation.name": "process", "messaging.system": "kafka"])
        }
    }

    @Test("A delivery that was counted before isn't counted again; work on it is timed all the same")
    func countedBefore() async throws {
        try await withStitchTest { test in
            var message = message(ContextCarrier())
            message.delivery = .repeated
            await ProcessSpan(of: message, from: target).run {}
            #expect(test.measurements.all.map(\.instrument.name) == [Metric.processDuration])
        }
    }

    @Test(
        "A context that is missing, invalid or duplicate is counted by destination; a good one isn't",
        arguments: [
            ([], [], ["missing"]),
            ([("Baggage", "a=b"), ("tracestate", "a=b"), ("stitch", "o=1"), ("stitch-reason", "x")], [], ["missing"]),
            ([("traceparent", "00-0-0-00")], [], ["invalid"]),
            ([("b3", "?")], [], ["invalid"]),
            ([], [.invalid, .duplicate], ["invalid", "duplicate"]),
            ([("traceparent", "00-00000000000000000000000000000001-0000000000000001-01")], [.duplicate], ["duplicate"]),
            ([("traceparent", "00-00000000000000000000000000000001-0000000000000001-01")], [.invalid], []),
        ] as [([(String, String)], Set<MessagingConventions.ContextFlaw>, [String])]
    )
    func contexts(
        fields: [(String, String)],
        flaws: Set<MessagingConventions.ContextFlaw>,
        states: [String]
    ) async throws {
        try await withStitchTest { test in
            var carrier = ContextCarrier()
            for (name, value) in fields { carrier[name] = value }
            var message = message(carrier)
            message.flaws = flaws
            await ProcessSpan(of: message, from: target).run {}
            let measured = test.measurements.of(Metric.context)
            #expect(
                measured.map(\.attributes)
                    == states.map {
                        [
                            "messaging.system": "kafka", "messaging.destination.name": "orders",
                            "messaging.consumer.group.name": "billing", "state": .string($0),
                        ]
                    }
            )
            // The span says it too, except that nothing came.
            let told = states.filter { $0 != "missing" }.map { AttributeValue.string($0) }
            let span = try #require(test.spans.process("orders").first)
            #expect(span.attributes[Attribute.contextFlaws] == (told.isEmpty ? nil : .array(told)))
        }
    }

    @Test("Where the origin's time is known, the flow's latency is measured as work begins")
    func flowLatency() async throws {
        try await withStitchTest { test in
            var message = message()
            let now = Timestamp.now
            message.origin = now.advanced(by: .seconds(-90))
            await ProcessSpan(of: message, from: target, at: now).run {}
            #expect(test.measurements.of(Metric.flowLatency).map(\.value) == [.double(90)])
        }
    }

    @Test("A settlement is timed as the client's operation that it is")
    func settle() async throws {
        try await withStitchTest { test in
            SettleSpan(target, messageID: "m1", attempt: context, reason: "retry").end()
            SettleSpan(target, messageID: "m1", attempt: context, reason: "retry").fail(Broken(), type: "BROKEN")
            let measured = test.measurements.of(Metric.operationDuration)
            #expect(measured.map { $0.attributes["messaging.operation.type"] } == ["settle", "settle"])
            #expect(measured.map { $0.attributes["error.type"] } == [nil, "BROKEN"])
            #expect(measured.allSatisfy { $0.attributes["messaging.consumer.group.name"] == "billing" })
            #expect(test.measurements.all.count == 2)
        }
    }

    @Test("Where nobody measures, what is said of a message is the same")
    func nobodyMeasures() async throws {
        try await withStitchTest { test in
            await withMeter(NoOpMeter()) {
                let send = SendSpan(to: target)
                send.end()
                await ProcessSpan(of: message(send.carrier), from: target).run {}
            }
            #expect(test.measurements.all.isEmpty)
            #expect(test.spans.all.map(\.name) == ["send orders", "process orders"])
        }
    }
}
