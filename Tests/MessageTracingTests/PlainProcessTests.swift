// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchTesting
import TelemetryAPI
import TelemetrySDK
import Testing

private struct Broken: Error, CustomStringConvertible { var description: String { "broken" } }

/// The span of a message in the usual form, beside the one that any message has.
@Suite("Work on a message of the usual form")
struct PlainProcessTests {
    private let target = MessageTarget(system: "kafka", destination: "orders", consumerGroup: "billing", clientID: "c1")
    private let key = Array("7".utf8)

    private func carrier(sampled: Bool = true, origin: Int64? = 1_700_000_000_000) throws -> PlainCarrier {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-\(sampled ? "01" : "00")"
        var plain = try #require(Array(text.utf8).withUnsafeBytes { PlainCarrier(traceParent: $0) })
        if let origin { _ = Array("o=\(origin)".utf8).withUnsafeBytes { plain.read(stitch: $0) } }
        return plain
    }

    private func message(_ carrier: PlainCarrier, created: Timestamp? = nil) -> ProcessSpan.PlainMessage {
        var details = MessageDetails(partition: 3, offset: 41)
        details.isTombstone = true
        var message = ProcessSpan.PlainMessage(carrier, created: created, details, .first)
        message.receipt.lag = 5
        message.receipt.timestampType = .createTime
        return message
    }

    /// The same, in the form of any message.
    private func other(_ carrier: PlainCarrier, created: Timestamp? = nil) -> ReceivedMessage {
        var message = ReceivedMessage(carrier: carrier.carrier, created: created)
        message.wait = created.map { MessageWait(since: $0) }
        message.attributes = [
            "messaging.destination.partition.id": "3", "messaging.kafka.offset": 41,
            "messaging.kafka.message.tombstone": true, "messaging.kafka.message.key": "7", "stitch.kafka.lag": 5,
            "stitch.message.timestamp_type": "create_time",
        ]
        return message
    }

    /// How work on a message of the usual form begins and ends.
    enum Way: CaseIterable {
        case span
        #if !DistributedTracingSupport
        case place
        #endif
    }

    private func run(
        _ message: ProcessSpan.PlainMessage,
        _ way: Way,
        key: UnsafeRawBufferPointer?,
        _ work: @Sendable () async throws -> Void
    ) async throws {
        switch way {
        case .span:
            let span = ProcessSpan(of: message, from: target, policy: .default, key: key)
            try? await (try #require(span)).run { () async throws in try await work() }
        #if !DistributedTracingSupport
        case .place:
            var place = WorkPlace()
            let hasBegun = place.begin(message, from: target, policy: .default, key: key)
            try #require(hasBegun)
            do {
                try await work()
                place.end()
            } catch {
                place.end(with: error, as: ProcessOutcome(of: error))
            }
        #endif
        }
    }

    /// Runs both, and returns their spans and what was measured of each.
    private func both(
        _ carrier: PlainCarrier,
        created: Timestamp? = nil,
        by way: Way = .span,
        _ work: @Sendable () async throws -> Void = {}
    ) async throws -> (plain: SpanSample.Made, other: SpanSample.Made) {
        func made(_ run: () async throws -> Void) async throws -> SpanSample.Made {
            try await withStitchTest { test in
                try await run()
                return SpanSample.Made(spans: test.spans.all, measurements: test.measurements.all)
            }
        }
        let plain = try await made {
            try await withKey { key in
                try await run(message(carrier, created: created), way, key: key, work)
            }
        }
        let any = try await made {
            try? await ProcessSpan(of: other(carrier, created: created), from: target)
                .run { () async throws in try await work() }
        }
        return (plain, any)
    }

    private func withKey(_ body: (UnsafeRawBufferPointer) async throws -> Void) async throws {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: key.count, alignment: 1)
        defer { bytes.deallocate() }
        bytes.copyBytes(from: key)
        try await body(UnsafeRawBufferPointer(bytes))
    }

    private func expectSame(_ pair: (plain: SpanSample.Made, other: SpanSample.Made)) throws {
        #expect(pair.plain.spans.count == pair.other.spans.count)
        for (plain, other) in zip(pair.plain.spans, pair.other.spans) {
            var plain = plain
            // What the clock says, and ids, differ from one span to the next.
            (plain.start, plain.end) = (other.start, other.end)
            plain.context.spanID = other.context.spanID
            if plain.name != "process orders" { plain.parentSpanID = other.parentSpanID }
            for name in ["stitch.wait", "stitch.clock_skew"] {
                #expect((plain.attributes[name] == nil) == (other.attributes[name] == nil))
                plain.attributes[name] = other.attributes[name]
            }
            #expect(Set(plain.attributes.elements.map(\.key)) == Set(other.attributes.elements.map(\.key)))
            for element in other.attributes.elements { #expect(plain.attributes[element.key] == element.value) }
            plain.attributes = other.attributes
            #expect(plain == other)
        }
        let names = pair.plain.measurements.map(\.instrument)
        #expect(names == pair.other.measurements.map(\.instrument))
        #expect(pair.plain.measurements.map(\.attributes) == pair.other.measurements.map(\.attributes))
    }

    @Test("says and measures what work on any message does", arguments: Way.allCases)
    func same(way: Way) async throws {
        try expectSame(try await both(carrier(), by: way))
        try expectSame(try await both(carrier(sampled: false), by: way))
        try expectSame(try await both(carrier(origin: nil), by: way))
        try expectSame(try await both(carrier(), created: .now.advanced(by: .seconds(-3)), by: way))
        try expectSame(try await both(carrier(), created: .now.advanced(by: .seconds(300)), by: way))
    }

    @Test(
        "of a job says its number, its attempt and its wait, and has the id that was written down",
        arguments: [true, false]
    )
    func job(isSampled: Bool) async throws {
        let jobs = MessageTarget(system: "stitch", destination: "mail/receipt")
        let wait = MessageWait(total: .milliseconds(1500), ready: .milliseconds(1500))
        let ids = ReservedIDs(root: 7, spanID: SpanID(bits: 0xb7ad_6b71_6920_3331))
        let carrier = try carrier(sampled: isSampled)
        func made(_ start: @Sendable () throws -> ProcessSpan) async throws -> (SpanSample.Made, LogFields) {
            try await withStitchTest { test in
                let fields = await (try start()).run { currentLogFields }
                return (SpanSample.Made(spans: test.spans.all, measurements: test.measurements.all), fields)
            }
        }
        let (plain, fields) = try await made {
            var message = ProcessSpan.PlainMessage(carrier, created: .now, MessageDetails(attempt: 2), .first)
            message.wait = wait
            message.reservedID = ids.spanID
            message.receipt.waitNanoseconds = 1_500_000_000
            message.receipt.readyNanoseconds = 1_500_000_000
            message.receipt.messageNumber = 1_234_567_890_123
            return try #require(ProcessSpan(of: message, from: jobs, policy: .default, key: nil))
        }
        let (other, otherFields) = try await made {
            var message = ReceivedMessage(carrier: carrier.carrier, id: "1234567890123", created: .now, wait: wait)
            message.attributes = ["stitch.job.attempt": 2]
            message.reservedIDs = ids
            return ProcessSpan(of: message, from: jobs)
        }
        #expect(plain.spans.map(\.spanID) == (isSampled ? [ids.spanID] : []))
        #expect(fields == otherFields && fields.messageID == "1234567890123" && fields.attempt == 2)
        for (plain, other) in zip(plain.spans, other.spans) {
            var plain = plain
            (plain.start, plain.end) = (other.start, other.end)
            #expect(Dictionary(plain.attributes) == Dictionary(other.attributes))
            plain.attributes = other.attributes
            #expect(plain == other)
        }
        #expect(plain.spans.count == other.spans.count)
        #expect(plain.measurements.map(\.instrument) == other.measurements.map(\.instrument))
        #expect(plain.measurements.map(\.attributes) == other.measurements.map(\.attributes))
    }

    @Test("keeps what the handler says about it, as any other span does", arguments: Way.allCases)
    func said(way: Way) async throws {
        let pair = try await both(carrier(), by: way) {
            let span = try #require(Span.current)
            #expect(span.isRecording)
            span.attributes["a"] = 1
            #expect(span.attributes["a"] == 1 && span.attributes["messaging.kafka.message.key"] == "7")
            span.addEvent(SpanEvent(name: "half", time: Timestamp(nanoseconds: 1), attributes: ["b": 2]))
            span.addLink(SpanContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(bits: 3), flags: .sampled))
            span.setStatus(.ok)
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<8 { group.addTask { Span.current?.attributes["c\(index)"] = .int(Int64(index)) } }
            }
        }
        var spans = (pair.plain.spans.map { $0 }, pair.other.spans.map { $0 })
        for index in 0..<8 {
            #expect(spans.0[0].attributes["c\(index)"] == .int(Int64(index)))
            spans.0[0].attributes["c\(index)"] = nil
            spans.1[0].attributes["c\(index)"] = nil
        }
        #expect(spans.0[0].events.count == 1)
        try expectSame((.init(spans: spans.0, measurements: []), .init(spans: spans.1, measurements: [])))
    }

    @Test("fails as any other", arguments: Way.allCases)
    func fails(way: Way) async throws {
        let pair = try await both(carrier(), by: way) { throw Broken() }
        #expect(pair.plain.spans[0].status == .error("broken") && pair.plain.spans[0].events.count == 1)
        var (plain, other) = (pair.plain, pair.other)
        // An event has its own time.
        plain.spans[0].events = []
        other.spans[0].events = []
        try expectSame((plain, other))
    }

    @Test("is the parent of what happens in it, and what is sent in it keeps the flow's origin")
    func current() async throws {
        try await withStitchTest { test in
            try await withKey { key in
                let span = try #require(
                    ProcessSpan(of: message(carrier()), from: target, policy: .default, key: key)
                )
                await span.run {
                    #expect(Span.current?.spanID == span.span.spanID)
                    #expect(Baggage.current.isEmpty)
                    #expect(currentLogFields.destination == "orders")
                    withSpan("inner") { _ in
                        let send = SendSpan(to: target)
                        #expect(send.carrier["stitch"] == "o=1700000000000")
                        send.end()
                    }
                }
            }
            let process = try #require(test.spans.process("orders").first)
            let inner = try #require(test.spans.all.first { $0.name == "inner" })
            #expect(inner.parentSpanID == process.spanID && inner.traceID == process.traceID)
            #expect(test.spans.send("orders").first?.parentSpanID == inner.spanID)
        }
    }

    @Test("has a context that nobody records where its creator was not sampled")
    func unsampled() async throws {
        try await withStitchTest { test in
            let plain = try carrier(sampled: false)
            let span = try #require(ProcessSpan(of: message(plain), from: target, policy: .default, key: nil))
            await span.run {
                #expect(Span.current?.traceID == plain.parent.traceID && Span.current?.isRecording == false)
                Span.current?.attributes["a"] = 1
            }
            #expect(test.spans.all.isEmpty)
        }
    }

    @Test("is over for good, whatever is said about it later")
    func over() async throws {
        try await withStitchTest { test in
            var kept: [Span] = []
            try await withKey { key in
                for isSpokenOf in [false, true] {
                    let span = ProcessSpan(of: message(try carrier()), from: target, policy: .default, key: key)
                    try await (try #require(span)).run {
                        if isSpokenOf { Span.current?.attributes["a"] = 1 }
                        kept.append(try #require(Span.current))
                    }
                }
            }
            for span in kept {
                #expect(!span.isRecording)
                span.attributes["b"] = 2
                span.end()
            }
            #expect(test.spans.process("orders").map { $0.attributes["a"] } == [nil, 1])
            #expect(test.spans.all.allSatisfy { $0.attributes["b"] == nil })
        }
    }

    @Test("is left to the other form where it would not be the same")
    func notPlain() async throws {
        try await withStitchTest { _ in
            let plain = try carrier()
            func starts(_ target: MessageTarget, _ policy: ContinuationPolicy, created: Timestamp? = nil) -> Bool {
                ProcessSpan(of: message(plain, created: created), from: target, policy: policy, key: nil) != nil
            }
            #expect(starts(target, .default) && starts(target, .continueTrace))
            #expect(!starts(target, .newTrace))
            #expect(!starts(target, .default, created: .now.advanced(by: .seconds(-601))))
            #expect(starts(target, .continueTrace, created: .now.advanced(by: .seconds(-601))))
            #expect(!starts(MessageTarget(system: "kafka", destination: "orders", external: true), .continueTrace))
            withSpan("ambient") { _ in #expect(!starts(target, .continueTrace)) }
        }
        #expect(ProcessSpan(of: message(try carrier()), from: target, policy: .default, key: nil) == nil)
    }
}

extension Dictionary<String, AttributeValue> {
    fileprivate init(_ attributes: Attributes) {
        self.init(attributes.elements.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
}
