// SPDX-License-Identifier: Apache-2.0

import ChaosJobs
import TelemetryData
import Testing
import TraceContext
import TraceFlow

@Suite("The check of a history's spans")
struct JobSpanHistoryTests {
    private static let reference = SpanReference(traceID: TraceID(high: 1, low: 2), spanID: SpanID(bits: 3))

    /// The span of an attempt at job 70: its worker's own, or what a rescuer told of it.
    private static func attempt(isLost: Bool) -> SpanData {
        var span = SpanData(
            context: SpanContext(traceID: reference.traceID, spanID: reference.spanID, flags: .sampled),
            name: "process default/chaos",
            start: Timestamp(nanoseconds: 1_000_000_000),
            end: Timestamp(nanoseconds: 2_000_000_000)
        )
        if isLost { span.attributes[MessagingConventions.Attribute.errorType] = "worker_lost" }
        return span
    }

    /// A worker was lost with job 70, which `rescuer` took over.
    private static func history() -> JobHistory {
        var history = JobHistory()
        history.notes = [JobHistory.Note(outcome: 2, seq: 7, worker: "lost", job: 70, span: reference)]
        history.events = [JobHistory.Event(time: 1, member: "rescuer", event: .rescued(job: 70))]
        return history
    }

    @Test("takes the span of a rescuer, and misses it unless the rescuer was lost too")
    func rescue() {
        let told = SpanHistory([Self.attempt(isLost: true)], of: Self.history(), lost: ["lost"])
        #expect(told.violations.isEmpty && told.told == 1 && told.lostWithRescuer == 0)
        let missing = SpanHistory([], of: Self.history(), lost: ["lost"])
        #expect(missing.violations.count == 1)
        let lost = SpanHistory([], of: Self.history(), lost: ["lost", "rescuer"])
        #expect(lost.violations.isEmpty && lost.lostWithRescuer == 1)
    }

    @Test("takes a span twice where its worker was given up and lived on, and nowhere else")
    func twice() {
        let both = [Self.attempt(isLost: true), Self.attempt(isLost: false)]
        let told = SpanHistory(both, of: Self.history(), lost: [])
        #expect(told.violations.isEmpty && told.toldTwice == 1)
        #expect(SpanHistory(both, of: JobHistory(), lost: []).violations.count == 1)
        let same = [Self.attempt(isLost: true), Self.attempt(isLost: true)]
        #expect(SpanHistory(same, of: Self.history(), lost: []).violations.count == 1)
    }

    @Test("takes what has no parent where that is an attempt that was lost, and its rescuer too, and nowhere else")
    func orphan() {
        var span = SpanData(
            context: SpanContext(traceID: Self.reference.traceID, spanID: SpanID(bits: 9), flags: .sampled),
            name: "charge",
            start: Timestamp(nanoseconds: 1_000_000_000),
            end: Timestamp(nanoseconds: 2_000_000_000)
        )
        span.parentSpanID = Self.reference.spanID
        let lost = SpanHistory([span], of: Self.history(), lost: ["lost", "rescuer"])
        #expect(lost.withoutAttempt == 1)
        let unexplained = SpanHistory([span], of: JobHistory(), lost: [])
        #expect(unexplained.withoutAttempt == 0)
        #expect(unexplained.violations.contains { $0.hasPrefix("orphan") })
        #expect(!lost.violations.contains { $0.hasPrefix("orphan") })
    }

    @Test("takes a link to an attempt that was lost with its rescuer, though its worker lived on, and to no other")
    func nextAttempt() {
        // Something else of the trace is there, so that it isn't just late or dropped.
        let other = SpanData(
            context: SpanContext(traceID: Self.reference.traceID, spanID: SpanID(bits: 4), flags: .sampled),
            name: "send",
            start: Timestamp(nanoseconds: 1_000_000_000),
            end: Timestamp(nanoseconds: 1_500_000_000)
        )
        var next = SpanData(
            context: SpanContext(traceID: TraceID(high: 5, low: 6), spanID: SpanID(bits: 7), flags: .sampled),
            name: "process default/chaos",
            start: Timestamp(nanoseconds: 3_000_000_000),
            end: Timestamp(nanoseconds: 4_000_000_000)
        )
        next.links = [
            SpanLink(
                SpanContext(traceID: Self.reference.traceID, spanID: Self.reference.spanID, flags: .sampled),
                attributes: [MessagingConventions.Attribute.linkRole: "previous_attempt"]
            )
        ]
        let lost = SpanHistory([other, next], of: Self.history(), lost: ["rescuer"])
        #expect(lost.withoutAttempt == 1 && !lost.violations.contains { $0.hasPrefix("dangling-link") })
        let unexplained = SpanHistory([other, next], of: JobHistory(), lost: ["rescuer"])
        #expect(unexplained.withoutAttempt == 0)
        #expect(unexplained.violations.contains { $0.hasPrefix("dangling-link") })
    }

    @Test("tells what lint finds, but for what was lost with a worker")
    func lint() {
        var span = Self.attempt(isLost: false)
        span.links = [
            SpanLink(
                SpanContext(traceID: Self.reference.traceID, spanID: SpanID(bits: 9), flags: .sampled),
                attributes: [
                    MessagingConventions.Attribute.linkRole: "previous_attempt", "service.instance.id": "member-1",
                ]
            )
        ]
        let lost = SpanHistory([span], of: JobHistory(), lost: ["member-1"])
        #expect(lost.lostWithWorker == 1)
        let unexplained = SpanHistory([span], of: JobHistory(), lost: [])
        #expect(unexplained.lostWithWorker == 0)
        #expect(unexplained.violations.count == lost.violations.count + 1)
    }
}
