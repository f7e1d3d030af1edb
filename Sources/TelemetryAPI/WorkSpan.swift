// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
import Synchronization
package import TelemetryData
package import TraceContext

/// The span of work on one message, and what is current beside it, in one object.
///
/// Most handlers say nothing about the span that they run in. Until one does it stays a ``MessageSpan``, for which its
/// tracer keeps nothing; from then on the tracer keeps it as any other.
package final class WorkSpan: ActiveContext, SpanKeeping, SpanRecording, ContextSurroundings, @unchecked Sendable {
    private enum State: ~Copyable, Sendable {
        case message(MessageSpan)
        case kept(Span)
        case over
    }

    package let context: SpanContext
    private let isRecorded: Bool
    private let state: Mutex<State>

    // Belongs to the message and is looked at until the span has ended, not after.
    nonisolated(unsafe) private let key: UnsafeRawBufferPointer?
    private let receipt: MessageReceipt
    private let attempt: Int64?
    // By how much the clock that never goes back is moved for the span; 0 where that isn't known.
    private let clock: UInt64

    // Of the thread's own, so that no other thread counts references to it.
    private let share: MessageTargetShare
    private let plain: PlainCarrier
    package let telemetry: TelemetryScope?

    /// Takes over a span that has begun.
    ///
    /// - Parameters:
    ///   - span: The span.
    ///   - target: Where the message comes from.
    ///   - plain: What came with it.
    ///   - key: The message's key. The bytes stay where they are until the span has ended.
    ///   - receipt: What else is known of the message.
    ///   - active: What is current where the work begins: its tracer and its meter stay.
    package init(
        _ span: consuming MessageSpan,
        _ target: MessageTarget,
        _ plain: PlainCarrier,
        key: UnsafeRawBufferPointer?,
        _ receipt: MessageReceipt,
        in active: ActiveContext?
    ) {
        context = span.context
        isRecorded = span.isRecording
        self.key = key
        self.receipt = receipt
        attempt = span.details.attempt
        clock = span.isPlain ? span.clock : 0
        share = span.share ?? target.share
        self.plain = plain
        telemetry = active?.scope
        state = Mutex(span.isRecording ? .message(span) : .over)
        super.init(span: nil, nil)
    }

    // MARK: What is current

    /// The span, for whoever asks for the current one.
    package override var ownSpan: Span? {
        isRecorded ? Span(spanID: context.spanID, keptBy: self) : Span(context: context)
    }

    override var surroundings: (any ContextSurroundings)? { self }

    package override func endSpan(at time: Timestamp?) { end(at: time) }

    package override var spanTime: Timestamp {
        clock == 0 ? .now : Timestamp(nanoseconds: stitch_monotonic_time() &+ clock)
    }

    package var enclosing: EnclosingSpan? { nil }
    package var boundBaggage: Baggage? { nil }
    package var arrived: IncomingCarrier? { .plain(plain) }
    package var message: MessageWork? {
        MessageWork(
            share,
            messageID: receipt.messageNumber.map { String($0) },
            attempt: attempt.map { Int(clamping: $0) }
        )
    }

    // MARK: Recording

    package var traceID: TraceID { context.traceID }

    package var recorder: (any SpanRecording)? { isRecorded ? self : nil }

    package var isRecording: Bool {
        let (isOwn, kept) = state.withLock { state -> (Bool, Span?) in
            switch state {
            case .message: (true, nil)
            case .kept(let span): (false, span)
            case .over: (false, nil)
            }
        }
        return isOwn || kept?.isRecording == true
    }

    package func attribute(_ key: String) -> AttributeValue? { kept?.attributes[key] }

    package func setAttribute(_ key: String, _ value: AttributeValue?) { kept?.attributes[key] = value }

    package func rename(_ name: String) { kept?.rename(name) }

    package func addLink(_ link: SpanLink) { kept?.addLink(link) }

    package func addEvent(_ event: SpanEvent) { kept?.addEvent(event) }

    package func setStatus(_ status: SpanStatus) { kept?.setStatus(status) }

    package func end(at time: Timestamp?) {
        let kept = state.withLock { state -> Span? in
            switch state {
            case .message(let message): message.finish(at: time, key: key, receipt)
            case .kept(let span): return span
            case .over: return nil
            }
            state = .over
            return nil
        }
        kept?.end(at: time)
    }

    /// The span as its tracer keeps any other; `nil` if it ended before anything was said about it.
    private var kept: Span? {
        state.withLock { state in
            let span: Span
            switch state {
            case .message(let message):
                span = message.kept {
                    $0.setKafkaKey(key)
                    receipt.fill(&$0)
                }
            case .kept(let span): return span
            case .over: return nil
            }
            state = .kept(span)
            return span
        }
    }
}
