// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI
import TelemetryData
import Testing
import TraceContext

@testable import TelemetrySDK

@Suite("The clock of spans")
struct SpanClockTests {
    @Test("shows the system's time, and never goes back")
    func monotonic() {
        let before = Timestamp.now
        let clock = SpanClock()
        var last = clock.start()
        #expect(abs(last.time.duration(since: before).components.seconds) < 1)
        for _ in 0..<10_000 {
            let now = SpanClock.now(last.offset)
            #expect(now >= last.time)
            last.time = now
        }
    }

    @Test("follows a system clock that is ahead or was set back by more than a second, but none that drifts back")
    func offsets() {
        let second: UInt64 = 1_000_000_000
        for old in [5 * second, 0, UInt64.max] {
            for ahead in [0, 1, second, 3600 * second] {
                #expect(SpanClock.next(old, found: old &+ ahead) == old &+ ahead)
            }
            for behind in [1, 1_000, second] { #expect(SpanClock.next(old, found: old &- behind) == old) }
            for behind in [second + 1, 3600 * second] {
                #expect(SpanClock.next(old, found: old &- behind) == old &- behind)
            }
        }
    }

    @Test("tells when something happened within a span, so that it is never outside, whatever the system's clock says")
    func events() throws {
        let processor = CollectingProcessor()
        let tracer = SDKTracer(resource: Resource(), processor: processor)
        let context = SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1), flags: .sampled)
        // An hour behind the system's clock.
        let (now, offset) = tracer.core.clock.start()
        let hour: UInt64 = 3_600_000_000_000
        let start = Timestamp(nanoseconds: now.nanoseconds - hour)
        let recorder = SpanRecorder(
            context,
            RecordedSpan(context, "s", .internal, parent: nil, start: start, SpanBuilder()),
            offset: SpanClock.Offset(nanoseconds: offset.nanoseconds &- hour),
            core: tracer.core,
            keptBy: tracer.core
        )
        let span = Span(context: context, recorder: recorder)
        span.addEvent(SpanEvent(name: "a"))
        span.recordError(CancellationError())
        span.addEvent(SpanEvent(name: "told", time: now))
        span.end()
        let data = try #require(processor.all.first)
        #expect(data.events.map(\.name) == ["a", "exception", "told"] && data.events.last?.time == now)
        for event in data.events.dropLast() { #expect(event.time >= data.start && event.time <= data.end) }
    }

    @Test("tells when a message's span failed, too")
    func failedMessage() throws {
        let processor = CollectingProcessor()
        let tracer = SDKTracer(resource: Resource(), processor: processor)
        let target = MessageTarget(system: "kafka", destination: "orders")
        withTracer(tracer) {
            let span = startMessageSpan(.send, on: target, ofKind: .producer)
            span.fail(CancellationError())
        }
        let data = try #require(processor.all.first)
        #expect(data.events.map(\.time) == [data.end])
    }
}
