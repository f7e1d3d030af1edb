// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI
import TelemetryData
public import TraceContext

/// Messages that go to the broker together: a `create` span for each, and one `send` span that links to all of them.
///
/// Without create spans the `send` span is what every message carries. Ends when it is known what became of the messages;
/// each is counted by itself then.
public struct BatchSendSpan: Sendable {
    /// The `send` span.
    public let span: Span

    /// What each message has to carry, in the order of the messages, in place of all trace fields that it has.
    public var carriers: [ContextCarrier] { (0..<count).map { carrier($0) } }

    private let measurement: OperationMeasurement?
    private let targets: Targets
    private let carried: Carried

    /// Where the messages go to.
    private enum Targets: Sendable {
        case one(MessageTarget, count: Int)
        case each([MessageTarget])
    }

    /// What the messages carry: numbers, where it is plain.
    private enum Carried: Sendable {
        case plain([PlainCarrier])
        case other([ContextCarrier])
    }

    /// Why a message was not acknowledged.
    public struct Failure: Sendable {
        /// Which message of the batch, from 0.
        public var index: Int

        /// Why.
        public var error: any Error

        /// The value of `error.type`: the broker's name for the error.
        public var type: String

        /// A message that was not acknowledged.
        public init(index: Int, error: any Error, type: String) {
            self.index = index
            self.error = error
            self.type = type
        }
    }

    /// Starts to send messages.
    ///
    /// - Parameters:
    ///   - messages: The messages; nothing is worked out of them where nobody makes spans, but what they have to carry.
    ///   - target: Where they go to; one without a destination if they don't go to the same.
    ///   - createSpans: Whether each message gets a `create` span of its own.
    public init(of messages: [OutgoingMessage], to target: MessageTarget, createSpans: Bool = true) {
        let active = ActiveContext.current
        let targets = messages.map { $0.target ?? target }
        self.targets = .each(targets)
        guard TelemetrySystem.isEnabled(in: active) else {
            span = Span(context: .invalid)
            measurement = nil
            carried = .other(
                zip(messages, targets).map {
                    ContextCarrier(passedOnTo: $1, in: active, incoming: $0.incoming, wish: $0.wish)
                }
            )
            return
        }
        let tracer = TelemetrySystem.tracer(in: active)
        measurement = OperationMeasurement(of: .send, target, meter: TelemetrySystem.meter(in: active))
        let parent = active?.parent(tracer)
        let created: [Span] =
            createSpans ? zip(messages, targets).map { $0.startCreateSpan(to: $1, tracer, parent: parent) } : []
        // One that can't be named still says that it was dropped.
        let creations = created.map { tracer.context(of: $0) ?? .invalid }
        let sending = tracer.startSend(of: messages.count, to: target, parent: parent, createSpans ? creations : nil)
        span = sending
        carried = .other(
            messages.indices.map { index in
                ContextCarrier(
                    of: createSpans ? created[index] : sending,
                    to: targets[index],
                    in: active,
                    tracer: tracer,
                    incoming: messages[index].incoming,
                    wish: messages[index].wish
                )
            }
        )
        for create in created { create.end() }
    }

    /// Starts to send messages that carry nothing yet and of which nothing is said.
    ///
    /// Where everything is as usual (a tracer that writes W3C trace context, no baggage) nothing is allocated for each.
    ///
    /// - Parameters:
    ///   - count: How many messages there are.
    ///   - target: Where they go to.
    ///   - createSpans: Whether each message gets a `create` span of its own.
    ///   - wish: What the sender wants of whoever works on them; `nil` leaves it to the receiver.
    package init(
        ofCount count: Int,
        to target: MessageTarget,
        createSpans: Bool,
        wish: StitchField.Wish? = nil
    ) {
        guard wish == nil, let plain = Self.plain(count, to: target, createSpans: createSpans) else {
            let message = OutgoingMessage(wish: wish)
            self.init(of: Array(repeating: message, count: count), to: target, createSpans: createSpans)
            return
        }
        self = plain
    }

    /// Starts to send messages where everything is as usual; `nil`, with nothing done, where it isn't.
    private static func plain(_ count: Int, to target: MessageTarget, createSpans: Bool) -> BatchSendSpan? {
        let active = ActiveContext.current
        let came = active?.plainIncoming
        guard !target.isExternal, TelemetrySystem.isEnabled(in: active), active.carriesNoBaggage(to: target),
            came != nil || active?.incoming == nil
        else { return nil }
        let tracer = TelemetrySystem.tracer(in: active)
        guard tracer.isEnabled, tracer.usesPlainContext else { return nil }
        let parent = active?.parent(tracer)
        let origin = came?.originMilliseconds ?? Timestamp.now.milliseconds
        let creations = createSpans ? tracer.createSpans(count, on: target, parent: parent) : nil
        let span = tracer.startSend(of: count, to: target, parent: parent, creations)
        let contexts = creations ?? Array(repeating: span.context, count: count)
        let plain = contexts.compactMap { PlainCarrier($0, originMilliseconds: origin) }
        return BatchSendSpan(
            span: span,
            measurement: OperationMeasurement(of: .send, target, meter: TelemetrySystem.meter(in: active)),
            targets: .one(target, count: count),
            carried: plain.count == count
                ? .plain(plain) : .other(contexts.map { ContextCarrier($0, originMilliseconds: origin) })
        )
    }

    private init(span: Span, measurement: OperationMeasurement?, targets: Targets, carried: Carried) {
        self.span = span
        self.measurement = measurement
        self.targets = targets
        self.carried = carried
    }

    private var count: Int {
        switch carried {
        case .plain(let carriers): carriers.count
        case .other(let carriers): carriers.count
        }
    }

    /// What the message of a place has to carry, if that is a trace and when the flow began, and no more.
    package func plainCarrier(_ index: Int) -> PlainCarrier? {
        if case .plain(let carriers) = carried { carriers[index] } else { nil }
    }

    /// What the message of a place has to carry.
    package func carrier(_ index: Int) -> ContextCarrier {
        switch carried {
        case .plain(let carriers): carriers[index].carrier
        case .other(let carriers): carriers[index]
        }
    }

    /// It is known what became of the messages.
    ///
    /// - Parameters:
    ///   - failures: Those that were not acknowledged. The span has the first one's error, and says how many there are.
    ///   - withdrawn: Which messages, from 0, were withdrawn before they left: neither failures nor messages that were
    ///     sent. The span says so where nothing was sent at all.
    public func end(failures: [Failure] = [], withdrawn: Set<Int> = []) {
        if !withdrawn.isEmpty, withdrawn.count == count {
            span.attributes.set(MessagingConventions.Attribute.sendWithdrawn, true)
        } else if let measurement {
            var types: [String?] = Array(repeating: nil, count: count)
            for failure in failures where types.indices.contains(failure.index) { types[failure.index] = failure.type }
            let targets =
                switch targets {
                case .one(let target, let count): Array(repeating: target, count: count)
                case .each(let targets): targets
                }
            let messages = zip(targets, types).enumerated().lazy.filter { !withdrawn.contains($0.offset) }
            measurement.end(in: span.context, batch: messages.map(\.element))
        }
        if let first = failures.first {
            span.recordError(
                BatchFailure(count: failures.count, of: count, first: first.error),
                type: first.type
            )
        }
        span.end()
    }
}

/// What the span says of messages that were not acknowledged.
private struct BatchFailure: Error, CustomStringConvertible {
    var count: Int
    var of: Int
    var first: any Error

    var description: String { of == 1 ? "\(first)" : "\(count) of \(of) messages: \(first)" }
}

extension Tracer {
    /// Makes the `create` spans of messages of which nothing is said, and ends them; returns what they are.
    fileprivate func createSpans(_ count: Int, on target: MessageTarget, parent: SpanContext?) -> [SpanContext] {
        (0..<count).map { _ in
            let span = startMessageSpan(
                .create,
                on: target,
                ofKind: .producer,
                parent: parent,
                following: [],
                link: nil,
                role: .creation,
                details: MessageDetails(),
                at: nil
            )
            let context = span.context
            span.end()
            return context
        }
    }

    /// Starts the `send` span of messages; `creations` are their `create` spans, if they have some.
    fileprivate func startSend(
        of count: Int,
        to target: MessageTarget,
        parent: SpanContext?,
        _ creations: [SpanContext]?
    ) -> Span {
        startSpan(
            .send,
            on: target,
            ofKind: creations == nil ? .producer : .client,
            parent: parent,
            following: creations ?? [],
            at: nil
        ) { builder in
            builder.attributes[MessagingConventions.Attribute.batchMessageCount] = .int(Int64(count))
            for creation in creations ?? [] { builder.addLink(creation, role: .creation) }
        }
    }
}

extension ContextCarrier {
    /// A span, and when its flow began.
    fileprivate init(_ context: SpanContext, originMilliseconds: Int64) {
        self.init(context)
        var field = StitchField()
        field.originMilliseconds = originMilliseconds
        self[StitchField.name] = field.description
    }
}

extension OutgoingMessage {
    /// Its `create` span, which ends as soon as the message has its context.
    fileprivate func startCreateSpan(to target: MessageTarget, _ tracer: any Tracer, parent: SpanContext?) -> Span {
        tracer.startSpan(.create, on: target, ofKind: .producer, parent: parent, following: [], at: nil) { builder in
            builder.attributes.set(MessagingConventions.Attribute.messageID, id)
            builder.attributes.merge(attributes)
        }
    }
}
