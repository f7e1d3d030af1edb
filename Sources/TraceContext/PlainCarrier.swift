// SPDX-License-Identifier: Apache-2.0

/// What a message carries where that is a trace, perhaps when its flow began, and nothing else: what Stitch's own producers
/// write, nearly always.
///
/// Numbers, for which nothing is allocated; ``carrier`` is the same as text.
@usableFromInline
package struct PlainCarrier: Sendable, Hashable {
    /// The span that sent the message.
    package let parent: TraceParent

    /// When the flow began, in milliseconds since 1970; at least 0.
    package private(set) var originMilliseconds: Int64?

    /// Reads a `traceparent` field; `nil` if it isn't one, or if it says more than is kept here.
    package init?(traceParent bytes: UnsafeRawBufferPointer) {
        // Of a later version, or with unknown flags, it would not be passed on as it came.
        guard bytes.count == TraceParent.byteCount,
            bytes[0] == Self.zero, bytes[1] == Self.zero, bytes[53] == Self.zero,
            let parent = TraceParent(utf8: bytes.bindMemory(to: UInt8.self)),
            bytes[54] & ~TraceFlags.known.rawValue == Self.zero
        else { return nil }
        self.parent = parent
    }

    /// The context of a span, and when its flow began, in milliseconds since 1970; `nil` if there is more to say of it.
    package init?(_ context: SpanContext, originMilliseconds: Int64?) {
        guard context.isValid, context.state.isEmpty, originMilliseconds ?? 0 >= 0,
            context.flags.rawValue & ~TraceFlags.known.rawValue == 0
        else { return nil }
        parent = TraceParent(traceID: context.traceID, spanID: context.spanID, flags: context.flags)
        self.originMilliseconds = originMilliseconds
    }

    /// Takes in a `stitch` field.
    ///
    /// - Returns: `false`, with nothing changed, if the field says more than when the flow began, or is written in another
    ///   way than ``StitchField`` writes it.
    package mutating func read(stitch bytes: UnsafeRawBufferPointer) -> Bool {
        // `o=` and at most 13 digits: until the year 2286, which a timestamp can say too.
        guard originMilliseconds == nil, (3...15).contains(bytes.count),
            bytes[0] == UInt8(ascii: "o"), bytes[1] == UInt8(ascii: "="),
            bytes[2] != Self.zero || bytes.count == 3
        else { return false }
        var milliseconds: Int64 = 0
        for index in 2..<bytes.count {
            let digit = bytes[index] &- Self.zero
            guard digit < 10 else { return false }
            milliseconds = milliseconds &* 10 &+ Int64(digit)
        }
        originMilliseconds = milliseconds
        return true
    }

    /// The context of the span that sent the message.
    package var context: SpanContext {
        SpanContext(traceID: parent.traceID, spanID: parent.spanID, flags: parent.flags, isRemote: true)
    }

    /// The fields.
    package var carrier: ContextCarrier {
        var carrier = ContextCarrier()
        carrier[ContextCarrier.FieldName.traceParent] = parent.description
        if let originMilliseconds { carrier[StitchField.name] = "o=\(originMilliseconds)" }
        return carrier
    }

    private static let zero = UInt8(ascii: "0")
}
