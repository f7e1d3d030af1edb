// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
import Synchronization
package import TelemetryData
package import TraceContext

/// The span of work on one message, and what is current beside it, in one object.
///
/// Most handlers say nothing about the span that they run in. Until one does it stays a ``MessageSpan``, for which its
/// tracer keeps nothing; from then on the tracer keeps it as any other.
///
/// One message after the other may have it, as long as nobody keeps it meanwhile (decision 0020).
///
/// `@unchecked Sendable`: what changes outside the lock does so only as work begins, where nobody else has the object.
package final class WorkSpan: ActiveContext, SpanKeeping, SpanRecording, ContextSurroundings, @unchecked Sendable {
    private enum Phase: Sendable {
        case message
        case kept(Span)
        case over
    }

    // Each of these stays as it is from the beginning of the work on, whatever becomes of it. Unchecked, since a check at
    // each use is what all the rest costs together.
    @exclusivity(unchecked) private var begun = MessageSpan.none
    private let phase = Mutex(Phase.over)

    // Belongs to the message and is looked at until the span has ended, not after.
    @exclusivity(unchecked) nonisolated(unsafe) private var key: UnsafeRawBufferPointer?
    @exclusivity(unchecked) private var receipt = MessageReceipt()

    // Of the thread's own, so that no other thread counts references to it; `nil` where the span has it.
    @exclusivity(unchecked) private var share: MessageTargetShare?
    @exclusivity(unchecked) private var plain: PlainCarrier?
    @exclusivity(unchecked) package private(set) var telemetry: TelemetryScope?

    /// No work yet.
    package override init() { super.init() }

    #if !DistributedTracingSupport
    /// Makes a new one current in the task that calls, which alone has it, until ``ActiveContext/leave()``.
    package static func enterNew() -> Unmanaged<WorkSpan> {
        let work = Unmanaged.passRetained(WorkSpan())
        enter(work.toOpaque())
        return work
    }
    #endif

    /// Takes over a span that has begun; only for who alone has this object, with no work that goes on.
    ///
    /// - Parameters:
    ///   - span: The span.
    ///   - target: Where the message comes from.
    ///   - plain: What came with it.
    ///   - key: The message's key. The bytes stay where they are until the span has ended.
    ///   - receipt: What else is known of the message.
    ///   - active: What is current where the work begins: its tracer and its meter stay.
    package func begin(
        _ span: consuming MessageSpan,
        _ target: MessageTarget,
        _ plain: PlainCarrier,
        key: UnsafeRawBufferPointer?,
        _ receipt: MessageReceipt,
        in active: ActiveContext?
    ) {
        let share = span.share == nil ? target.share : nil
        begin(span, share, plain, key: key, receipt, in: active)
    }

    /// Starts to work on a message of the usual kind by a tracer in the usual setting: a child of the span that sent it.
    ///
    /// Only for who alone has this object, with no work that goes on.
    ///
    /// - Parameters:
    ///   - plain: What came with the message.
    ///   - target: Where it comes from.
    ///   - key: The message's key. The bytes stay where they are until the span has ended.
    ///   - details: What is known of it as numbers.
    ///   - receipt: What else is known of it.
    ///   - created: When it was created, where its wait is measured from then on.
    ///   - active: What is current where the work begins: its tracer and its meter stay.
    /// - Returns: `false`, with nothing done, where a span is current, or the tracer wants more than that.
    package func beginPlain(
        on plain: PlainCarrier,
        from target: MessageTarget,
        key: UnsafeRawBufferPointer?,
        _ details: MessageDetails,
        _ receipt: MessageReceipt,
        waitingSince created: Timestamp?,
        in active: ActiveContext?
    ) -> Bool {
        if let active, active.span != nil || active.enclosingSpan != nil { return false }
        var hasBegun = false
        TelemetrySystem.withPlainTracer(in: active) { tracer, isKept in
            let share = target.share(ofThread: stitch_thread_number())
            var receipt = receipt
            if plain.parent.flags.contains(.sampled) {
                guard let start = tracer.recordedChild(saying: share.process) else { return }
                if let created { receipt.waitNanoseconds = start.start.nanoseconds(since: created) }
                begin(
                    MessageSpan(lent: start, isKept: isKept, workOn: plain, saying: share.process, details: details),
                    share,
                    plain,
                    key: key,
                    receipt,
                    in: active
                )
            } else {
                // Nobody reads the wait of a span that isn't recorded.
                let span = MessageSpan(unrecorded: tracer.unrecordedChild(), childOf: plain.parent, details: details)
                begin(span, share, plain, key: nil, receipt, in: active)
            }
            hasBegun = true
        }
        return hasBegun
    }

    @inline(__always)
    private func begin(
        _ span: consuming MessageSpan,
        _ share: MessageTargetShare?,
        _ plain: PlainCarrier,
        key: UnsafeRawBufferPointer?,
        _ receipt: MessageReceipt,
        in active: ActiveContext?
    ) {
        self.key = key
        self.receipt = receipt
        if self.share !== share { self.share = share }
        self.plain = plain
        let scope = active?.scope
        if telemetry !== scope { telemetry = scope }
        let isRecording = span.isRecording
        begun = span
        if isRecording { phase.withLock { $0 = .message } }
    }

    // MARK: What is current

    /// The span, for whoever asks for the current one.
    package override var ownSpan: Span? {
        begun.isRecording ? Span(spanID: begun.spanID, keptBy: self) : Span(context: context)
    }

    package override var plainParent: PlainParent? { PlainParent(begun.context) }

    override var surroundings: (any ContextSurroundings)? { self }

    package override func endSpan(at time: Timestamp?) { end(at: time) }

    package override var spanTime: Timestamp {
        begun.isPlain ? Timestamp(nanoseconds: stitch_monotonic_time() &+ begun.clock) : .now
    }

    package var enclosing: EnclosingSpan? { nil }
    package var boundBaggage: Baggage? { nil }
    package var arrived: IncomingCarrier? { plain.map { .plain($0) } }
    package var message: MessageWork? {
        (begun.share ?? share).map { share in
            MessageWork(
                share,
                messageID: receipt.messageNumber.map { String($0) },
                attempt: begun.details.attempt.map { Int(clamping: $0) }
            )
        }
    }

    // MARK: Recording

    package var context: SpanContext { begun.context }

    package var traceID: TraceID { begun.traceID }

    package var recorder: (any SpanRecording)? { begun.isRecording ? self : nil }

    package var isRecording: Bool {
        switch phase.withLock({ $0 }) {
        case .message: true
        case .kept(let span): span.isRecording
        case .over: false
        }
    }

    package func attribute(_ key: String) -> AttributeValue? { kept?.attributes[key] }

    package func setAttribute(_ key: String, _ value: AttributeValue?) { kept?.attributes[key] = value }

    package func rename(_ name: String) { kept?.rename(name) }

    package func addLink(_ link: SpanLink) { kept?.addLink(link) }

    package func addEvent(_ event: SpanEvent) { kept?.addEvent(event) }

    package func setStatus(_ status: SpanStatus) { kept?.setStatus(status) }

    package func end(at time: Timestamp?) {
        guard begun.isRecording else { return }
        let kept = phase.withLock { phase -> Span? in
            switch phase {
            case .message: begun.finish(at: time, key: key, receipt)
            case .kept(let span): return span
            case .over: return nil
            }
            phase = .over
            return nil
        }
        kept?.end(at: time)
    }

    /// The span as its tracer keeps any other; `nil` if it ended before anything was said about it.
    private var kept: Span? {
        phase.withLock { phase in
            switch phase {
            case .message: break
            case .kept(let span): return span
            case .over: return nil
            }
            let kept = begun.kept {
                $0.setKafkaKey(key)
                receipt.fill(&$0)
            }
            phase = .kept(kept)
            return kept
        }
    }
}
