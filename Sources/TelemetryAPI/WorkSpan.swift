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
    private enum Phase: Sendable {
        case message
        case kept(Span)
        case over
    }

    // Stays where it is until the end of this object, whatever becomes of the work.
    private let begun: MessageSpan
    private let phase: Mutex<Phase>

    // Belongs to the message and is looked at until the span has ended, not after.
    nonisolated(unsafe) private let key: UnsafeRawBufferPointer?
    private let receipt: MessageReceipt

    // Of the thread's own, so that no other thread counts references to it; `nil` where the span has it.
    private let share: MessageTargetShare?
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
        self.key = key
        self.receipt = receipt
        share = span.share == nil ? target.share : nil
        self.plain = plain
        telemetry = active?.scope
        phase = Mutex(span.isRecording ? .message : .over)
        begun = span
        super.init()
    }

    // MARK: What is current

    /// The span, for whoever asks for the current one.
    package override var ownSpan: Span? {
        begun.isRecording ? Span(spanID: begun.spanID, keptBy: self) : Span(context: context)
    }

    override var surroundings: (any ContextSurroundings)? { self }

    package override func endSpan(at time: Timestamp?) { end(at: time) }

    package override var spanTime: Timestamp {
        begun.isPlain ? Timestamp(nanoseconds: stitch_monotonic_time() &+ begun.clock) : .now
    }

    package var enclosing: EnclosingSpan? { nil }
    package var boundBaggage: Baggage? { nil }
    package var arrived: IncomingCarrier? { .plain(plain) }
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
