// SPDX-License-Identifier: Apache-2.0

#if !DistributedTracingSupport

import MessageTracing
import StitchTesting
import TelemetryAPI
import Testing

/// Messages that are worked on one after the other, at one place in a task.
@Suite("A place where one message after the other is worked on")
struct WorkPlaceTests {
    private let target = MessageTarget(system: "kafka", destination: "orders")

    /// A message that a span of this number sent.
    private func message(_ number: UInt64, isSampled: Bool = true) throws -> ProcessSpan.PlainMessage {
        let context = SpanContext(
            traceID: TraceID(high: 1, low: number),
            spanID: SpanID(bits: number),
            flags: isSampled ? .sampled : TraceFlags(rawValue: 0)
        )
        let carrier = try #require(PlainCarrier(context, originMilliseconds: nil))
        return ProcessSpan.PlainMessage(carrier, created: nil, MessageDetails(offset: Int64(number)), .first)
    }

    private func begin(_ number: UInt64, isSampled: Bool = true, at place: inout WorkPlace) throws {
        let hasBegun = try place.begin(
            message(number, isSampled: isSampled),
            from: target,
            policy: .default,
            key: nil
        )
        try #require(hasBegun)
    }

    /// What is current, in a task of its own that outlives the work and looks when the other has ended.
    private func look(after other: Task<Void, Never>) -> Task<SpanContext?, Never> {
        Task {
            await other.value
            return Span.current?.context
        }
    }

    @Test("each has its own span and trace, and nothing is current between them", arguments: [true, false])
    func eachItsOwn(isSampled: Bool) async throws {
        try await withStitchTest { test in
            var place = WorkPlace()
            var ids: Set<SpanID> = []
            for number in 1...10 as ClosedRange<UInt64> {
                try begin(number, isSampled: isSampled, at: &place)
                let current = try #require(Span.current)
                #expect(current.traceID == TraceID(high: 1, low: number) && current.isRecording == isSampled)
                ids.insert(current.spanID)
                await Task.yield()
                #expect(Span.current?.spanID == current.spanID)
                place.end()
            }
            place.leave()
            #expect(Span.current == nil)
            #expect(ids.count == 10)
            #expect(test.spans.all.map(\.parentSpanID?.bits) == (isSampled ? (1...10).map { $0 } : []))
            #expect(
                test.spans.all.map { $0.attributes["messaging.kafka.offset"] }
                    == test.spans.all.map {
                        $0.parentSpanID.map { .int(Int64($0.bits)) }
                    }
            )
        }
    }

    @Test("a task that outlives the work on one keeps its span, whatever comes next", arguments: [true, false])
    func outlived(isSampled: Bool) async throws {
        try await withStitchTest { test in
            // Until it is cancelled.
            let rest = Task<Void, Never> { try? await Task.sleep(for: .seconds(3600)) }
            var place = WorkPlace()
            var looks: [(SpanContext, Task<SpanContext?, Never>)] = []
            for number in 1...20 as ClosedRange<UInt64> {
                try begin(number, isSampled: isSampled, at: &place)
                let context = try #require(Span.current?.context)
                // Some leave one behind, some don't.
                if number % 3 != 0 { looks.append((context, look(after: rest))) }
                place.end()
            }
            place.leave()
            rest.cancel()
            for (context, look) in looks { #expect(await look.value == context) }
        }
    }

    @Test("a span that somebody keeps says nothing of the next message")
    func kept() async throws {
        try await withStitchTest { test in
            var place = WorkPlace()
            var spans: [Span] = []
            for number in 1...4 as ClosedRange<UInt64> {
                try begin(number, at: &place)
                // Too late for theirs, and not for this one.
                for span in spans { span.attributes["late"] = true }
                spans.append(try #require(Span.current))
                place.end()
            }
            place.leave()
            #expect(test.spans.all.count == 4)
            #expect(test.spans.all.allSatisfy { $0.attributes["late"] == nil })
            #expect(spans.map(\.traceID) == (1...4).map { TraceID(high: 1, low: $0) })
        }
    }

    @Test("a message of another form, and one within a span, are left to others, with nothing current")
    func others() async throws {
        try await withStitchTest { test in
            var place = WorkPlace()
            var hasBegun = try place.begin(message(1), from: target, policy: .default, key: nil)
            try #require(hasBegun)
            place.end()
            hasBegun = try place.begin(message(2), from: target, policy: .newTrace, key: nil)
            #expect(!hasBegun && Span.current == nil)
            // Nothing began, so nothing ends.
            place.end()
            hasBegun = try place.begin(message(3), from: target, policy: .default, key: nil)
            #expect(hasBegun)
            place.end()
            place.leave()
            try withSpan("round it") { _ in
                var place = WorkPlace()
                let hasBegun = try place.begin(message(4), from: target, policy: .default, key: nil)
                #expect(!hasBegun)
            }
            #expect(test.spans.all.map(\.name) == ["process orders", "process orders", "round it"])
        }
    }
}

#endif
