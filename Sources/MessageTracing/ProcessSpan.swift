// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI
public import TelemetryData
public import TraceContext

/// Work on one message, or on several at once: a `process` span.
///
/// One message continues the trace that created it, or starts a new one, as its sender wishes or else the
/// ``ContinuationPolicy`` says; either way the span links to the creation and to the attempt before. Several messages
/// always start a new trace with a link to each. Deliveries, waits and contexts that are not as they should be are counted
/// as the work begins, its duration is measured as it ends, once, whether or not the span is sampled.
///
/// Where nobody makes spans and nobody measures, all of this costs a check; what the message carries is current all the
/// same, so that what is sent meanwhile passes it on.
public struct ProcessSpan: Sendable {
    /// What is current meanwhile; `nil` where there is nothing to do but the work itself.
    @usableFromInline let context: ActiveContext?
    @usableFromInline let measurement: OperationMeasurement?

    /// The span; one without a valid context where nobody makes spans.
    public var span: Span { context?.ownSpan ?? Span(context: .invalid) }

    /// Starts to work on one message.
    ///
    /// - Parameters:
    ///   - carrier: What came with the message.
    ///   - target: Where it comes from.
    ///   - policy: Whether the span continues the trace that created the message, unless its sender wishes otherwise.
    ///   - time: When the work begins; now unless given.
    ///   - describe: Says what else is known of the message. Not called where nobody makes spans or measures.
    @inlinable
    public init(
        // Borrowed, so that the look at them counts no references.
        of carrier: borrowing ContextCarrier,
        from target: borrowing MessageTarget,
        policy: ContinuationPolicy = .default,
        at time: Timestamp? = nil,
        _ describe: (inout ReceivedMessage) -> Void
    ) {
        let active = ActiveContext.current
        guard active == nil, carrier.isEmpty, !TelemetrySystem.isAnythingInstalled else {
            self.init(of: copy carrier, from: copy target, policy, time, in: active, describe)
            return
        }
        self.init(context: nil, measurement: nil)
    }

    @usableFromInline
    init(context: ActiveContext?, measurement: OperationMeasurement?) {
        self.context = context
        self.measurement = measurement
    }

    @usableFromInline
    init(
        of carrier: ContextCarrier,
        from target: MessageTarget,
        _ policy: ContinuationPolicy,
        _ time: Timestamp?,
        in active: ActiveContext?,
        _ describe: (inout ReceivedMessage) -> Void
    ) {
        guard TelemetrySystem.isEnabled(in: active) else {
            self.init(passingOn: carrier, from: target, in: active)
            return
        }
        var message = ReceivedMessage(carrier: carrier)
        describe(&message)
        self.init(message, target, policy, time, in: active)
    }

    /// Starts to work on one message, of which much is said in the span alone.
    ///
    /// - Parameters:
    ///   - carrier: What came with the message.
    ///   - target: Where it comes from.
    ///   - policy: Whether the span continues the trace that created the message, unless its sender wishes otherwise.
    ///   - describe: Says what else is known of the message but its attributes. Not called where nobody makes spans or
    ///     measures.
    ///   - fill: Says its attributes. Not called for a span that nobody records.
    package init(
        of carrier: ContextCarrier,
        from target: MessageTarget,
        policy: ContinuationPolicy,
        _ describe: (inout ReceivedMessage) -> Void,
        attributes fill: (inout AttributeWriter) -> Void
    ) {
        let active = ActiveContext.current
        guard TelemetrySystem.isEnabled(in: active) else {
            self.init(passingOn: carrier, from: target, in: active)
            return
        }
        var message = ReceivedMessage(carrier: carrier)
        describe(&message)
        self.init(message, target, policy, nil, in: active, fill)
    }

    /// Starts to work on one message.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - target: Where it comes from.
    ///   - policy: Whether the span continues the trace that created the message, unless its sender wishes otherwise.
    ///   - time: When the work begins; now unless given.
    public init(
        of message: ReceivedMessage,
        from target: MessageTarget,
        policy: ContinuationPolicy = .default,
        at time: Timestamp? = nil
    ) {
        self.init(of: message.carrier, from: target, policy: policy, at: time) { $0 = message }
    }

    /// Starts to work on several messages at once.
    ///
    /// - Parameters:
    ///   - messages: The messages. What differs from one to the next is on the links. Not worked out where nobody makes
    ///     spans or measures.
    ///   - target: Where they come from; one without a destination if they don't come from the same.
    ///   - time: When the work begins; now unless given.
    public init(
        ofBatch messages: @autoclosure () -> [ReceivedMessage],
        from target: MessageTarget,
        at time: Timestamp? = nil
    ) {
        let active = ActiveContext.current
        guard TelemetrySystem.isEnabled(in: active) else {
            self.init(passingOn: ContextCarrier(), from: target, in: active)
            return
        }
        self.init(messages(), target, time, in: active)
    }

    /// Does the work with the span as the current one, and ends the span with it.
    ///
    /// - Parameters:
    ///   - classify: What an error that was thrown means for the span.
    ///   - operation: The work.
    /// - Returns: What `operation` returns.
    /// - Throws: What `operation` throws.
    @inlinable
    @discardableResult
    public nonisolated(nonsending) func run<Success, Failure: Error>(
        classify: (Failure) -> ProcessOutcome = { ProcessOutcome(of: $0) },
        _ operation: nonisolated(nonsending) () async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        guard let context else { return try await operation() }
        do throws(Failure) {
            let result = try await bind(context, operation)
            end()
            return result
        } catch {
            end(with: error, as: classify(error))
            throw error
        }
    }

    @usableFromInline
    func end() {
        guard let context else { return }
        if let measurement {
            guard let span = context.ownSpan else { return }
            measurement.end(in: span.context)
        }
        context.endSpan(at: nil)
    }

    @usableFromInline
    func end(with error: any Error, as outcome: ProcessOutcome) {
        guard case .failed(let type) = outcome else { return end() }
        measurement?.end(in: span.context, errorType: type ?? ErrorType.name(of: error))
        span.recordError(error, type: type)
        span.end()
    }
}
