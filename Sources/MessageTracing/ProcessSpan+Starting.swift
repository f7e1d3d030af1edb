// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI
import TelemetryData
import TraceContext

extension ProcessSpan {
    /// Starts to work on one message, of which everything is known.
    init(
        _ message: ReceivedMessage,
        _ target: MessageTarget,
        _ policy: ContinuationPolicy,
        _ time: Timestamp?,
        in active: ActiveContext?,
        _ fill: (inout AttributeWriter) -> Void = { _ in }
    ) {
        let tracer = TelemetrySystem.tracer(in: active)
        let meter = TelemetrySystem.meter(in: active)
        let received = tracer.extract(from: message.carrier)
        let stitch = target.isExternal ? nil : message.carrier[StitchField.name].map { StitchField($0) }
        let creation = received.validSpan
        let continues = !target.isExternal && policy.continues(message, wish: stitch?.wish, now: time ?? .now)
        let ambient = active?.parent(tracer)
        measurement = OperationMeasurement(
            of: .process,
            target,
            meter: meter,
            since: time,
            partition: message.partition
        )
        func build(_ builder: inout SpanBuilder) {
            builder.attributes.set(MessagingConventions.Attribute.messageID, message.id)
            builder.attributes.merge(message.attributes)
            fill(&builder.attributes)
            message.wait?.fill(&builder.attributes)
            message.fillFlaws(&builder.attributes, creation: creation)
            if let creation { builder.addLink(creation, role: .creation) }
            message.addPreviousLink(to: &builder)
            if let ambient, ambient != creation { builder.addLink(ambient, role: .ambient) }
        }
        let parent = continues ? creation : nil
        // Of sampling a stranger has no say.
        let following = target.isExternal ? [] : creation.map { [$0] } ?? []
        let span =
            if let reserved = message.reservedIDs, let reserving = tracer.reserving {
                reserved.start(on: target, by: reserving, parent: parent, following: following, at: time, build)
            } else {
                tracer.startSpan(
                    .process,
                    on: target,
                    ofKind: .consumer,
                    parent: parent,
                    following: following,
                    at: time,
                    build
                )
            }
        if measurement != nil {
            let origin = message.origin ?? stitch?.origin
            message.measure(with: meter, from: target, creation: creation, origin: origin, in: span.context, at: time)
        }
        context = BoundContext(
            entering: active,
            span: span,
            baggage: target.baggage.applied(to: received.baggage),
            incoming: target.isExternal ? nil : message.carrier,
            work: MessageWork(
                target,
                messageID: message.id,
                attempt: message.attributes[MessagingConventions.Attribute.jobAttempt]?.intValue.map {
                    Int(clamping: $0)
                }
            )
        )
    }

    /// Starts to work on several messages, of which everything is known.
    init(_ messages: [ReceivedMessage], _ target: MessageTarget, _ time: Timestamp?, in active: ActiveContext?) {
        let tracer = TelemetrySystem.tracer(in: active)
        let meter = TelemetrySystem.meter(in: active)
        let creations = messages.map { tracer.extractSpan(from: $0.carrier) }
        let ambient = active?.parent(tracer)
        measurement = OperationMeasurement(
            of: .process,
            target,
            meter: meter,
            since: time,
            partition: target.destination == nil ? nil : messages.commonPartition
        )
        let span = tracer.startSpan(
            .process,
            on: target,
            ofKind: .consumer,
            parent: nil,
            following: target.isExternal ? [] : creations.compactMap { $0 },
            at: time
        ) { builder in
            builder.attributes[MessagingConventions.Attribute.batchMessageCount] = .int(Int64(messages.count))
            if let ambient { builder.addLink(ambient, role: .ambient) }
            // Before the others where it is one, so that no limit takes it away.
            let previous = messages.previousAttempts
            if previous.count == 1 { builder.addLink(previous[0], role: .previousAttempt) }
            builder.addCreationLinks(zip(messages, creations))
            if previous.count > 1 { for attempt in previous { builder.addLink(attempt, role: .previousAttempt) } }
        }
        let origins = messages.map { target.isExternal ? nil : $0.origin ?? $0.carrierOrigin }
        if measurement != nil {
            for ((message, creation), origin) in zip(zip(messages, creations), origins) {
                message.measure(
                    with: meter,
                    from: target,
                    creation: creation,
                    origin: origin,
                    in: span.context,
                    at: time
                )
            }
        }
        context = BoundContext(
            entering: active,
            span: span,
            baggage: Baggage(),
            // What comes of all of them began with the first.
            incoming: origins.compactMap { $0 }.min().map { ContextCarrier(origin: $0) },
            work: MessageWork(target)
        )
    }

    /// Work that nobody makes a span of.
    init(passingOn carrier: ContextCarrier, from target: MessageTarget, in active: ActiveContext?) {
        measurement = nil
        // What was current before has no part in the work, even if there is nothing to take its place.
        let carries = !carrier.isEmpty && !target.isExternal
        context =
            active == nil && !carries
            ? nil
            : BoundContext(
                entering: active,
                span: nil,
                baggage: target.ownBaggage(of: carrier),
                incoming: carries ? carrier : nil,
                work: MessageWork(target)
            )
    }
}
