// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI
import TelemetryData
import TraceContext

extension ContextCarrier {
    /// What a message has to carry: the span that creates it, baggage as the target's policy says, and the `stitch` field.
    init(
        of span: Span,
        to target: MessageTarget,
        in active: ActiveContext?,
        tracer: any Tracer,
        incoming: ContextCarrier,
        wish: StitchField.Wish?
    ) {
        let isPassedOn: Bool
        (self, isPassedOn) = Self.outgoing(
            of: span,
            in: active,
            tracer: tracer,
            incoming: incoming,
            baggage: target.baggage,
            isExternal: target.isExternal
        )
        guard !target.isExternal else { return }
        if isPassedOn {
            self.wish = wish
            return
        }
        // The origin's time is that of the first producer in the flow; what is worked on knows it already.
        let known = active?.incoming?[StitchField.name] ?? incoming[StitchField.name]
        var field = known.map { StitchField($0) } ?? StitchField()
        if field.originMilliseconds == nil { field.originMilliseconds = Timestamp.now.milliseconds }
        field.wish = wish
        self[StitchField.name] = field.description
    }

    /// What a message has to carry where nobody makes spans: what it carries already, else what came with the message that
    /// is worked on.
    init(
        passedOnTo target: MessageTarget,
        in active: ActiveContext?,
        incoming: ContextCarrier,
        wish: StitchField.Wish?
    ) {
        self = incoming
        if active != nil || target.isExternal || target.baggage != .all {
            self =
                Self.outgoing(
                    of: nil,
                    in: active,
                    tracer: NoOpTracer(),
                    incoming: incoming,
                    baggage: target.baggage,
                    isExternal: target.isExternal
                )
                .carrier
        }
        if !target.isExternal { self.wish = wish }
    }

    /// What the sender wants of whoever gets the message.
    ///
    /// An earlier sender's wish goes no further than to the receiver whom it was for.
    private var wish: StitchField.Wish? {
        get { self[StitchField.name].flatMap { StitchField($0).wish } }
        set {
            guard wish != newValue else { return }
            var field = self[StitchField.name].map { StitchField($0) } ?? StitchField()
            field.wish = newValue
            self[StitchField.name] = field.isEmpty ? nil : field.description
        }
    }
}
