// SPDX-License-Identifier: Apache-2.0

package import TelemetryAPI
package import TelemetryData
package import TraceContext

/// A message on its way to the broker, for a client that keeps something for each message anyway: what ``SendSpan`` is, as
/// a value with one owner.
///
/// Where everything is as usual (a tracer that writes W3C trace context, no baggage, a message that carries nothing yet)
/// nothing is allocated for it, and the fields are written without a text in between. Everything else is left to
/// ``SendSpan``.
package struct OwnedSendSpan: ~Copyable, Sendable {
    /// What the `stitch` field of a message is to say; of no use once it is written.
    package enum Origin {
        case none
        case now(Timestamp)
        case known(String)
    }

    /// A message that is no plain one; apart, so that the others are smaller.
    private final class Other: Sendable {
        let span: SendSpan

        init(_ span: SendSpan) { self.span = span }
    }

    // Nobody's where the message is no plain one.
    private var span: MessageSpan
    private let measurement: OperationMeasurement?
    private let other: Other?

    /// What is said about a message only where it is no plain one.
    package typealias Description = (inout AttributeWriter) -> Void

    /// Starts to send a message.
    ///
    /// - Parameters:
    ///   - target: Where it goes to.
    ///   - wish: What the sender wants of whoever works on it; `nil` leaves it to the receiver.
    ///   - incoming: What the message carries so far; `nil` for nothing, which is quicker than an empty carrier.
    ///   - details: What is known of the message so far.
    ///   - time: When the caller began to send it; now unless given.
    ///   - origin: Is set for ``writeFields(_:_:)``.
    ///   - describe: Says what is known about the message, details included. Not called for a span that nobody records, nor
    ///     for a plain one.
    @inline(__always)
    package init(
        to target: MessageTarget,
        wish: StitchField.Wish?,
        incoming: ContextCarrier?,
        details: MessageDetails,
        at time: Timestamp?,
        _ origin: inout Origin,
        _ describe: Description
    ) {
        let active = ActiveContext.current
        if wish == nil, incoming == nil, TelemetrySystem.isEnabled(in: active) {
            var started: MessageSpan?
            TelemetrySystem.withTracer(in: active) { tracer in
                guard tracer.isEnabled, tracer.usesPlainContext, active.carriesNoBaggage(to: target) else { return }
                started = tracer.startMessageSpan(
                    .send,
                    on: target,
                    ofKind: .producer,
                    parent: active?.parent(tracer),
                    following: [],
                    link: nil,
                    role: .creation,
                    details: details,
                    at: time
                )
            }
            if let started = started.take() {
                measurement = OperationMeasurement(
                    of: .send,
                    target,
                    meter: TelemetrySystem.meter(in: active),
                    since: time
                )
                origin = Self.origin(target, active, started)
                span = started
                other = nil
                return
            }
        }
        span = MessageSpan(Span(context: .invalid), .send, on: target)
        measurement = nil
        other = Other(SendSpan(to: target, wish: wish, incoming: incoming ?? ContextCarrier(), at: time, describe))
    }

    /// The origin's time is that of the first producer in the flow; what is worked on knows it already.
    private static func origin(
        _ target: MessageTarget,
        _ active: ActiveContext?,
        _ span: borrowing MessageSpan
    ) -> Origin {
        if target.isExternal { return .none }
        if let plain = active?.plainIncoming {
            return .now(plain.originMilliseconds.map { Timestamp(milliseconds: $0) } ?? span.startOrNow)
        }
        guard let known = active?.incoming?[StitchField.name] else { return .now(span.startOrNow) }
        var field = StitchField(known)
        if field.originMilliseconds == nil { field.originMilliseconds = Timestamp.now.milliseconds }
        field.wish = nil
        return .known(field.description)
    }

    /// Whether nobody will want to know what becomes of the message: it is neither recorded nor measured.
    package var isIdle: Bool { other == nil && measurement == nil && !span.isRecording }

    /// What the message has to carry, in place of all trace fields that it has; `nil` for a plain one, which has none and
    /// whose fields are written by ``writeFields(_:_:)``.
    package var carrier: ContextCarrier? { other?.span.carrier }

    /// Hands out what a plain message has to carry, as names and bytes that must not be kept.
    @inline(__always)
    package func writeFields(_ origin: Origin, _ write: (StaticString, UnsafeRawBufferPointer) -> Void) {
        let parent = TraceParent(traceID: span.traceID, spanID: span.spanID, flags: span.flags)
        var start: Timestamp?
        if case .now(let time) = origin { start = time }
        PlainFields.write(parent, origin: start, write)
        // Strangers get neither.
        if case .none = origin { return }
        let state = span.traceState
        if !state.isEmpty { Self.write("tracestate", state.description, write) }
        if case .known(let text) = origin, !text.isEmpty { Self.write("stitch", text, write) }
    }

    @inline(never)
    private static func write(
        _ name: StaticString,
        _ text: String,
        _ write: (StaticString, UnsafeRawBufferPointer) -> Void
    ) {
        var text = text
        text.withUTF8 { write(name, UnsafeRawBufferPointer($0)) }
    }

    /// The message was acknowledged.
    ///
    /// - Parameters:
    ///   - clock: When, by the clock that never goes back.
    ///   - key: The message's key; said for a plain span, since the others said it at their start.
    ///   - latency: How long the broker took; asked for where the span doesn't know.
    ///   - change: Adds what is known now to the details so far.
    ///   - describe: Says the same of a message that is no plain one.
    @inline(__always)
    package consuming func end(
        clock: UInt64,
        key: UnsafeRawBufferPointer?,
        latency: () -> Duration?,
        _ change: (inout MessageDetails) -> Void,
        describe: (MessageDetails, SpanAttributes) -> Void
    ) {
        if let other = other?.span {
            var details = MessageDetails()
            change(&details)
            details.acknowledgeLatency = latency()
            return other.end(partition: details.partition.map { String($0) }) { describe(details, $0) }
        }
        guard span.isRecording || measurement != nil else { return }
        change(&span.details)
        if !span.setLatency(until: clock) { span.details.acknowledgeLatency = latency() }
        if let measurement {
            measurement.end(in: span.context, partition: span.details.partition.map { .string(String($0)) })
        }
        span.end(clock: clock, key: key)
    }

    /// The message was withdrawn before it left, which is no error; nothing was sent that could be counted.
    package consuming func withdraw() {
        if let other = other?.span { return other.withdraw() }
        span.withdrawSend()
    }

    /// The message was not acknowledged.
    ///
    /// - Parameters:
    ///   - error: Why.
    ///   - type: The value of `error.type`: the broker's name for the error.
    ///   - key: The message's key; said for a plain span.
    package consuming func fail(_ error: any Error, type: String, key: (some Collection<UInt8>)?) {
        if let other = other?.span { return other.fail(error, type: type) }
        measurement?.end(in: span.context, errorType: type)
        span.failSend(error, type: type, key: key)
    }
}

extension ActiveContext? {
    /// Whether a message to there takes no baggage along.
    func carriesNoBaggage(to target: MessageTarget) -> Bool {
        guard let self else { return true }
        if case .none = target.baggage { return true }
        return self.baggage.isEmpty
    }
}
