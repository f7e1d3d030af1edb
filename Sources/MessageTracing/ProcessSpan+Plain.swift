// SPDX-License-Identifier: Apache-2.0

package import TelemetryAPI
package import TelemetryData
package import TraceContext

extension ProcessSpan {
    /// What a client knows of a message that it works on for the first time.
    @usableFromInline
    package struct PlainMessage {
        /// What came with it.
        @usableFromInline package var carrier: PlainCarrier

        /// When it was created, where that is known; its wait is measured from then on.
        @usableFromInline package var created: Timestamp?

        /// What is known of it as numbers.
        @usableFromInline package var details: MessageDetails

        /// What else is known of it; its wait is worked out.
        @usableFromInline package var receipt: MessageReceipt

        /// How long it waited, where that is known otherwise than from when it was created; the receipt says the same.
        @usableFromInline package var wait: MessageWait?

        /// The id that was written down for the span; a tracer that can't take it makes no plain span.
        @usableFromInline package var reservedID: SpanID?

        /// Which time this is that somebody gets to see it.
        @usableFromInline package var delivery: ReceivedMessage.Delivery

        @inlinable
        @inline(__always)
        package init(
            _ carrier: PlainCarrier,
            created: Timestamp?,
            _ details: MessageDetails,
            _ delivery: ReceivedMessage.Delivery
        ) {
            // Here rather than where they are declared, from where no initial value is inlined.
            (receipt, wait, reservedID) = (MessageReceipt(), nil, nil)
            self.carrier = carrier
            self.created = created
            self.details = details
            self.delivery = delivery
        }
    }

    /// Starts to work on a message of the usual form, by a tracer that does as W3C says: the same span as from the other
    /// initialisers, for which nothing is kept beside one object.
    ///
    /// `nil`, with nothing done, where the span is not in the usual form: it starts a trace, something is current that it
    /// has to link to, its sender is a stranger, or a sampler wants to know all of it before it decides.
    ///
    /// - Parameters:
    ///   - message: What is known of the message.
    ///   - target: Where it comes from.
    ///   - policy: Whether the span continues the trace that created the message.
    ///   - key: The message's key. The bytes stay where they are until the span has ended.
    package init?(
        of message: PlainMessage,
        from target: MessageTarget,
        policy: ContinuationPolicy,
        key: UnsafeRawBufferPointer?
    ) {
        let active = ActiveContext.current
        guard message.mayBePlain(from: target, policy, in: active) else { return nil }
        let work = WorkSpan()
        guard message.begin(work, from: target, key: key, in: active) else { return nil }
        context = work
        measurement =
            TelemetrySystem.isMeasuring(in: active)
            ? message.startMeasuring(from: target, in: work.context, active) : nil
    }
}

extension ProcessSpan.PlainMessage {
    /// Whether its span may be a plain one.
    @inline(__always)
    func mayBePlain(from target: MessageTarget, _ policy: ContinuationPolicy, in active: ActiveContext?) -> Bool {
        // To the millisecond or so, which is as exact as the message's own time.
        !target.isExternal && TelemetrySystem.isEnabled(in: active)
            && policy.continues(created: created, now: .nearlyNow)
    }

    /// Starts to work on it; `false`, with nothing done, where its tracer wants to know more of it.
    @inline(__always)
    func begin(
        _ work: WorkSpan,
        from target: MessageTarget,
        key: UnsafeRawBufferPointer?,
        in active: ActiveContext?
    ) -> Bool {
        if reservedID == nil {
            let hasBegun = work.beginPlain(
                on: carrier,
                from: target,
                key: key,
                details,
                receipt,
                waitingSince: wait == nil ? created : nil,
                in: active
            )
            if hasBegun { return true }
        }
        return beginOther(work, from: target, key: key, in: active)
    }

    /// The same by a tracer that isn't in the usual setting.
    @inline(never)
    private func beginOther(
        _ work: WorkSpan,
        from target: MessageTarget,
        key: UnsafeRawBufferPointer?,
        in active: ActiveContext?
    ) -> Bool {
        var hasBegun = false
        TelemetrySystem.withTracer(in: active) { tracer in
            guard tracer.isEnabled, tracer.usesPlainContext, !tracer.decidesByAttributes else { return }
            if let active, active.parent(tracer) != nil { return }
            guard let span = startSpan(on: target, by: tracer) else { return }
            var receipt = receipt
            // Nobody reads that of a span that isn't recorded.
            if wait == nil, span.isRecording {
                receipt.waitNanoseconds = created.map { span.startOrNow.nanoseconds(since: $0) }
            }
            work.begin(span, target, carrier, key: key, receipt, in: active)
            hasBegun = true
        }
        return hasBegun
    }

    /// Measures the delivery, and begins to measure the work.
    @inline(never)
    func startMeasuring(
        from target: MessageTarget,
        in context: SpanContext,
        _ active: ActiveContext?
    ) -> OperationMeasurement? {
        let meter = TelemetrySystem.meter(in: active)
        let measurement = OperationMeasurement(
            of: .process,
            target,
            meter: meter,
            partition: details.partition.map { .string(String($0)) }
        )
        measure(with: meter, from: target, in: context, .now)
        return measurement
    }
}

extension ProcessSpan.PlainMessage {
    /// Its span, of the id that was written down where there is one.
    @inline(__always)
    fileprivate func startSpan(on target: MessageTarget, by tracer: any Tracer) -> MessageSpan? {
        if let reservedID { return startSpan(reserved: reservedID, on: target, by: tracer) }
        return startNewSpan(on: target, by: tracer)
    }

    // Apart, so that who has no id has no capability by value, which costs even where there is none.
    @inline(never)
    private func startSpan(reserved id: SpanID, on target: MessageTarget, by tracer: any Tracer) -> MessageSpan? {
        guard let reserving = tracer.reserving else { return startNewSpan(on: target, by: tracer) }
        let creation = carrier.context
        return reserving.startMessageSpan(
            reserved: id,
            .process,
            on: target,
            ofKind: .consumer,
            parent: creation,
            link: creation,
            role: .creation,
            details: details
        )
    }

    @inline(__always)
    private func startNewSpan(on target: MessageTarget, by tracer: any Tracer) -> MessageSpan {
        let creation = carrier.context
        return tracer.startMessageSpan(
            .process,
            on: target,
            ofKind: .consumer,
            parent: creation,
            following: [],
            link: creation,
            role: .creation,
            details: details,
            at: nil
        )
    }

    /// Measures the delivery as work on the message begins.
    @inline(never)
    fileprivate func measure(
        with meter: any Meter,
        from target: MessageTarget,
        in context: SpanContext,
        _ now: Timestamp
    ) {
        var message = ReceivedMessage(
            carrier: carrier.carrier,
            created: created,
            wait: wait ?? created.map { MessageWait(since: $0, now: now) }
        )
        message.partitionNumber = details.partition
        message.delivery = delivery
        message.measure(
            with: meter,
            from: target,
            creation: carrier.context,
            origin: carrier.originMilliseconds.map { Timestamp(milliseconds: $0) },
            in: context,
            at: nil
        )
    }
}
