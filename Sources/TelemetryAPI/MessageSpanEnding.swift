// SPDX-License-Identifier: Apache-2.0

package import TelemetryData
import TraceContext

/// A span that a tracer keeps in its own way; apart, since there hardly ever is one.
final class OtherSpan: MessageSpanEnding {
    private let span: Span

    init(_ span: Span) { self.span = span }

    func end(_ message: borrowing MessageSpan, at time: Timestamp?) {
        end(message, status: .unset, event: nil, at: time) { _ in }
    }

    func end(_ message: borrowing MessageSpan, clock: UInt64, key: UnsafeRawBufferPointer?) {
        end(message, status: .unset, event: nil, at: nil) { $0.setKafkaKey(key) }
    }

    func end(
        _ message: borrowing MessageSpan,
        at time: Timestamp?,
        key: UnsafeRawBufferPointer?,
        _ receipt: MessageReceipt
    ) {
        keep(message) {
            $0.setKafkaKey(key)
            receipt.fill(&$0)
        }
        .end(at: time)
    }

    func keep(_ message: borrowing MessageSpan, _ build: (inout SpanBuilder) -> Void) -> Span {
        guard span.isRecording else { return span }
        var builder = SpanBuilder()
        message.details.fill(&builder)
        build(&builder)
        for element in builder.attributes.all.elements { span.attributes[element.key] = element.value }
        for link in builder.links { span.addLink(link) }
        return span
    }

    func end(
        _ message: borrowing MessageSpan,
        status: SpanStatus,
        event: SpanEvent?,
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) {
        let span = keep(message, build)
        guard span.isRecording else { return }
        if status != .unset { span.setStatus(status) }
        if let event { span.addEvent(event) }
        span.end(at: time)
    }
}

extension SpanBuilder {
    /// Says a message's key, where it is text.
    package mutating func setKafkaKey(_ key: UnsafeRawBufferPointer?) {
        guard let key, let text = String(validating: key, as: UTF8.self) else { return }
        attributes.set(MessagingConventions.Attribute.kafkaKey, text)
    }
}

/// Takes back the spans that their owners have ended.
@usableFromInline
package protocol MessageSpanEnding: AnyObject, Sendable {
    /// A span has ended.
    func end(_ span: borrowing MessageSpan, at time: Timestamp?)

    /// A span of work has ended, of a message that was received.
    func end(
        _ span: borrowing MessageSpan,
        at time: Timestamp?,
        key: UnsafeRawBufferPointer?,
        _ receipt: MessageReceipt
    )

    /// A span is to be kept as any other: what this returns goes on in its place.
    func keep(_ span: borrowing MessageSpan, _ build: (inout SpanBuilder) -> Void) -> Span

    /// A span has ended, at a time of the clock that never goes back, of a message with a key.
    func end(_ span: borrowing MessageSpan, clock: UInt64, key: UnsafeRawBufferPointer?)

    /// A span has ended, of which there is more to say.
    func end(
        _ span: borrowing MessageSpan,
        status: SpanStatus,
        event: SpanEvent?,
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    )
}

/// A reference to who takes spans back, for the spans of few threads; as a ``MessageTargetShare``.
@usableFromInline
package final class MessageSpanTaker: Sendable {
    @usableFromInline let ending: any MessageSpanEnding

    // So that no other one is on the same lines of a processor's cache.
    private let padding: (Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int, Int) =
        (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

    /// Hands spans on.
    package init(_ ending: any MessageSpanEnding) { self.ending = ending }
}
