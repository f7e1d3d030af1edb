// SPDX-License-Identifier: Apache-2.0

package import TelemetryAPI
package import TelemetryData
import TraceContext

/// A message of the usual kind on its way to the broker: sent on behalf of a span without trace state, by a tracer in the
/// usual setting, without baggage.
///
/// What ``OwnedSendSpan`` would come to, as the few numbers that are the message's own; nearly all messages are of this kind.
package struct PlainSend: ~Copyable, Sendable {
    private let child: PlainChild
    private let prepared: Unmanaged<PreparedAttributes>
    private let partition: Int32?
    private let isTombstone: Bool
    private let measurement: OperationMeasurement?

    /// Starts to send a message that has no fields of a trace yet; `nil`, with nothing done, where it isn't of this kind.
    ///
    /// - Parameters:
    ///   - target: Where it goes to. The caller keeps it until the span has ended.
    ///   - partition: Its partition, where it is known.
    ///   - isTombstone: Whether it has no value.
    ///   - origin: Is set for ``writeFields(origin:_:)``: when the flow began; `nil` where nobody is to know.
    @inline(__always)
    package init?(to target: MessageTarget, partition: Int32?, isTombstone: Bool, origin: inout Timestamp?) {
        let prepared = target.lentPrepared(.send)
        var begun: PlainChild?
        var measurement: OperationMeasurement?
        ActiveContext.lendCurrent { active in
            var earlier: Timestamp?
            switch active.passedOn {
            case .nothing: break
            case .plain(let carrier): earlier = carrier.originMilliseconds.map { Timestamp(milliseconds: $0) }
            case .more: return
            }
            guard let child = PlainChild(of: active, saying: prepared) else { return }
            if TelemetrySystem.isMeasuring(in: active) {
                measurement = OperationMeasurement(of: .send, target, meter: TelemetrySystem.meter(in: active))
            }
            if !target.isExternal { origin = earlier ?? (child.isRecording ? child.start : .now) }
            begun = consume child
        }
        guard let child = begun.take() else { return nil }
        self.child = child
        self.prepared = prepared
        self.measurement = measurement
        self.partition = partition
        self.isTombstone = isTombstone
    }

    /// Whether nobody will want to know what becomes of the message: it is neither recorded nor measured.
    package var isIdle: Bool { !child.isRecording && measurement == nil }

    /// Hands out what the message has to carry, as names and bytes that must not be kept.
    @inline(__always)
    package func writeFields(origin: Timestamp?, _ write: (StaticString, UnsafeRawBufferPointer) -> Void) {
        PlainFields.write(child.traceParent, origin: origin, write)
    }

    /// The message was acknowledged.
    ///
    /// - Parameters:
    ///   - clock: When, by the clock that never goes back.
    ///   - key: The message's key.
    ///   - latency: How long the broker took; asked for where the span doesn't know.
    ///   - change: Adds what is known now to the details so far.
    @inline(__always)
    package func end(
        clock: UInt64,
        key: UnsafeRawBufferPointer?,
        latency: () -> Duration?,
        _ change: (inout MessageDetails) -> Void
    ) {
        var span = message
        change(&span.details)
        measurement?.end(in: child.context, partition: span.details.partition.map { .string(String($0)) })
        if !span.setLatency(until: clock) { span.details.acknowledgeLatency = latency() }
        span.end(clock: clock, key: key)
    }

    /// The message was withdrawn before it left, which is no error.
    package func withdraw() { message.withdrawSend() }

    /// The message was not acknowledged.
    ///
    /// - Parameters:
    ///   - error: Why.
    ///   - type: The value of `error.type`: the broker's name for the error.
    ///   - key: The message's key.
    package func fail(_ error: any Error, type: String, key: (some Collection<UInt8>)?) {
        measurement?.end(in: child.context, errorType: type)
        message.failSend(error, type: type, key: key)
    }

    private var message: MessageSpan {
        var details = MessageDetails(partition: partition)
        details.isTombstone = isTombstone
        return MessageSpan(lent: child, saying: prepared, ofKind: .producer, details: details)
    }
}

extension MessageSpan {
    /// The message was withdrawn before it left, which is no error.
    consuming func withdrawSend() {
        end(status: .unset) { $0.attributes.set(MessagingConventions.Attribute.sendWithdrawn, true) }
    }

    /// The message was not acknowledged.
    consuming func failSend(_ error: any Error, type: String, key: (some Collection<UInt8>)?) {
        fail(error, type: type) { builder in
            builder.attributes.set(
                MessagingConventions.Attribute.kafkaKey,
                key.flatMap { String(validating: $0, as: UTF8.self) }
            )
        }
    }
}
