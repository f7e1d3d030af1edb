// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchKafka
import Synchronization
import TelemetryData
import TraceContext

/// What `record.process` of a traced consumer does where no span of the record's own is open.
struct RecordProcessing: KafkaRecordProcessor {
    let tracing: RecordTracing
    /// Whether the record was counted already, by a `poll` span or that of a batch.
    let delivery: ReceivedMessage.Delivery

    nonisolated(nonsending) func process<Success, Failure: Error>(
        _ record: KafkaConsumedRecord,
        _ body: nonisolated(nonsending) () async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        try await tracing.process(record, .only, delivery, body)
    }
}

/// Puts `process` spans round the work on records.
final class RecordTracing: Sendable {
    let group: String
    private let continuation: ContinuationPolicy
    private let isExternal: Bool
    /// The topics whose records this consumer has moved there itself.
    private let retryTopics: Set<String>
    private let targets: MessageTargets
    private let severalTopics: MessageTarget
    private let processes = Atomic<Bool>(false)

    init(group: String, clientID: String, retryTopics: Set<String> = [], _ options: KafkaTracingOptions) {
        self.group = group
        continuation = options.continuation
        isExternal = options.external
        self.retryTopics = retryTopics
        let group = group.isEmpty ? nil : group
        @Sendable func target(_ topic: String?) -> MessageTarget {
            MessageTarget(
                system: RecordAttributes.system,
                destination: topic,
                consumerGroup: group,
                clientID: clientID,
                baggage: options.baggage,
                external: options.external
            )
        }
        targets = MessageTargets { target($0) }
        severalTopics = target(nil)
    }

    /// Whether any work has had a span.
    var hasProcessed: Bool { processes.load(ordering: .relaxed) }

    /// What the spans of these topics have in common; each is there once.
    func target(of topics: [String]) -> MessageTarget {
        guard topics.count == 1, let topic = topics.first else { return severalTopics }
        return targets[topic]
    }

    /// One record, for the first time or once more: a span that continues the record's trace as the policy says.
    @inline(__always)
    nonisolated(nonsending) func process<Success, Failure: Error>(
        _ record: KafkaConsumedRecord,
        _ attempt: RecordAttempt,
        _ delivery: ReceivedMessage.Delivery = .first,
        _ body: nonisolated(nonsending) () async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        // Until the span has ended it may look at the record's key.
        defer { withExtendedLifetime(record) {} }
        return try await begin(record, attempt, delivery).run(classify: outcome, body)
    }

    /// The span of work on one record, which begins.
    ///
    /// The caller keeps the record until the span has ended.
    func begin(
        _ record: KafkaConsumedRecord,
        _ attempt: RecordAttempt,
        _ delivery: ReceivedMessage.Delivery
    ) -> ProcessSpan {
        if !hasProcessed { processes.store(true, ordering: .relaxed) }
        if attempt.number == 1, let span = beginPlain(record, delivery) {
            if let trace = attempt.trace { trace.last = span.span.context }
            return span
        }
        let (carrier, duplicates) = record.readCarrier()
        var number: Int64?
        let span = ProcessSpan(of: carrier, from: targets[record.topic], policy: continuation) { message in
            number = fill(&message, record, duplicates, attempt, now: .now)
            message.partitionNumber = record.partition
            message.delivery = attempt.number > 1 ? .repeated : delivery
        } attributes: {
            RecordAttributes.fill(&$0, record)
            $0.set(MessagingConventions.Attribute.messageAttempt, number)
        }
        if let trace = attempt.trace { trace.last = span.span.context }
        return span
    }

    /// The span of work on a record of the usual form, which nearly all are; `nil` for others.
    private func beginPlain(_ record: KafkaConsumedRecord, _ delivery: ReceivedMessage.Delivery) -> ProcessSpan? {
        defer { withExtendedLifetime(record) {} }
        guard let view = record.view, let companion = view.companion,
            let message = plainMessage(view, delivery)
        else { return nil }
        // The companion is the target, made by the observer that goes with this. Whoever runs the span keeps the record, and
        // with it the key, until the span has ended.
        return Unmanaged<MessageTarget>.fromOpaque(companion.toOpaque())._withUnsafeGuaranteedRef {
            ProcessSpan(of: message, from: $0, policy: continuation, key: view.key)
        }
    }

    #if !DistributedTracingSupport
    /// The same at a place in a task; `false`, with nothing current, for a record of another form.
    ///
    /// The caller keeps the record until the span has ended.
    func begin(_ record: KafkaConsumedRecord, at place: inout WorkPlace) -> Bool {
        if !hasProcessed { processes.store(true, ordering: .relaxed) }
        guard let view = record.view, let companion = view.companion, let message = plainMessage(view, .first) else {
            place.leave()
            return false
        }
        return Unmanaged<MessageTarget>.fromOpaque(companion.toOpaque())._withUnsafeGuaranteedRef {
            place.begin(message, from: $0, policy: continuation, key: view.key)
        }
    }
    #endif

    /// A record of the usual form, as far as its span says it; `nil` for others.
    @inline(__always)
    private func plainMessage(
        _ view: RecordView,
        _ delivery: ReceivedMessage.Delivery
    ) -> ProcessSpan.PlainMessage? {
        guard let carrier = PlainCarrier(view) else { return nil }
        let timestamp = view.timestamp
        var message = ProcessSpan.PlainMessage(
            carrier,
            created: timestamp.milliseconds.map { Timestamp(milliseconds: $0) },
            MessageDetails(partition: view.partition, offset: view.offset),
            delivery
        )
        if view.isTombstone { message.details.isTombstone = true }
        message.receipt.lag = view.lag
        message.receipt.timestampType = RecordAttributes.type(of: timestamp)
        return message
    }

    /// Several records: a span that starts a trace and links to each record's.
    nonisolated(nonsending) func process<Success, Failure: Error>(
        _ records: [KafkaConsumedRecord],
        _ attempt: RecordAttempt,
        _ body: nonisolated(nonsending) () async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        let (target, saysTopic) = common(records)
        let span = ProcessSpan(
            ofBatch: messages(records, saysTopic, attempt.number > 1 ? .repeated : .first, attempt),
            from: target
        )
        attempt.trace?.last = span.span.context
        return try await span.run(classify: outcome, body)
    }

    /// Records that somebody asked for, and got: a span that links to each record's.
    func poll(_ records: [KafkaConsumedRecord], since start: Timestamp, until end: Timestamp) {
        let (target, saysTopic) = common(records)
        var messages = messages(records, saysTopic, .first, .only)
        ReceiveSpan.record(&messages, from: target, since: start, until: end)
    }

    /// Records of several topics have no destination together.
    private func common(_ records: [KafkaConsumedRecord]) -> (target: MessageTarget, saysTopic: Bool) {
        let topic = records.first?.topic
        let isSameTopic = records.allSatisfy { $0.topic == topic }
        return (topic.flatMap { isSameTopic ? targets[$0] : nil } ?? severalTopics, !isSameTopic)
    }

    private func messages(
        _ records: [KafkaConsumedRecord],
        _ saysTopic: Bool,
        _ delivery: ReceivedMessage.Delivery,
        _ attempt: RecordAttempt
    ) -> [ReceivedMessage] {
        let now = Timestamp.now
        return records.map { record in
            let (carrier, duplicates) = record.readCarrier()
            var message = ReceivedMessage(carrier: carrier)
            message.delivery = delivery
            let number = fill(&message, record, duplicates, attempt, now: now)
            message.attributes = RecordAttributes.of(record)
            if let number { message.attributes[MessagingConventions.Attribute.messageAttempt] = .int(number) }
            if saysTopic { message.attributes[MessagingConventions.Attribute.destinationName] = .string(record.topic) }
            return message
        }
    }

    /// Says what the record's way to this try was; returns which try it is, unless it is the first.
    private func fill(
        _ message: inout ReceivedMessage,
        _ record: KafkaConsumedRecord,
        _ duplicates: Int,
        _ attempt: RecordAttempt,
        now: Timestamp
    ) -> Int64? {
        let written = record.timestamp.milliseconds.map { Timestamp(milliseconds: $0) }
        // A stranger may say anything of moves; in a retry topic it is ours.
        let moved = isExternal && !retryTopics.contains(record.topic) ? nil : record.moved
        // A record that was moved is as old as the first of it.
        message.created = moved?.created ?? written
        message.wait = message.created.map { MessageWait(since: $0, now: now) }
        if moved?.due != nil, let written { message.wait?.backoff = now.duration(since: written) }
        message.previousAttempt = attempt.trace?.last as? SpanContext ?? moved?.previous
        if duplicates > 0 { message.flaws = [.duplicate] }
        let number = MovedRecord.attempts(moved?.attempt ?? 0, and: attempt.number)
        return number > 1 ? Int64(number) : nil
    }

    /// A handler that was cancelled gives its record back, whatever it throws then: that is no error.
    func outcome(_ error: some Error) -> ProcessOutcome {
        if Task.isCancelled { return .interrupted }
        // What is of interest is why its records failed.
        if let failure = error as? KafkaBatchFailure { return outcome(failure.cause) }
        guard let error = error as? KafkaError else { return ProcessOutcome(of: error) }
        return error.code == .cancelled ? .interrupted : .failed(errorType: error.errorType)
    }
}

extension MovedRecord {
    /// When the first of the record was created, where that is known.
    fileprivate var created: Timestamp? {
        source.timestamp >= 0 ? Timestamp(milliseconds: source.timestamp) : nil
    }
}
