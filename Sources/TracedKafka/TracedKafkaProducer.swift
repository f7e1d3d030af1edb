// SPDX-License-Identifier: Apache-2.0

import MessageTracing
@_spi(Observing) public import StitchKafka
public import StitchService
import TelemetryData
public import TraceContext

/// A `KafkaProducer` whose records carry the trace of the code that sends them.
///
/// Used like the plain one. Each record gets a `send {topic}` span, a child of the current one, that ends when the broker
/// has answered and says where the record went, or why it did not. The span's context goes into the record's headers, in
/// place of any that it has.
///
/// ```swift
/// let producer = try TracedKafkaProducer(KafkaConfiguration(brokers: ["localhost:9092"]))
/// try await producer.send(KafkaRecord(topic: "orders", key: "7", value: bytes))
/// ```
public final class TracedKafkaProducer: KafkaProducing {
    private let producer: KafkaProducer
    let clientID: String
    let loop: DeliveryLoop
    private let createSpans: Bool
    let targets: MessageTargets
    private let severalTopics: MessageTarget

    /// Makes a producer.
    ///
    /// Does not wait for a broker.
    ///
    /// - Parameters:
    ///   - configuration: Where Kafka is and how to behave.
    ///   - baggage: Which of the current baggage records carry.
    ///   - external: Whether records are read by somebody else, who gets neither baggage nor `tracestate`.
    ///   - createSpans: Whether each record of ``send(contentsOf:)`` gets a `create` span of its own; without, all carry the
    ///     context of their common `send` span.
    /// - Throws: `KafkaError` with `configuration` that names the option, its value and what would be right.
    public init(
        _ configuration: KafkaConfiguration,
        baggage: BaggagePolicy = .all,
        external: Bool = false,
        createSpans: Bool = true
    ) throws(KafkaError) {
        let clientID = configuration.clientID
        self.clientID = clientID
        self.createSpans = createSpans
        @Sendable func target(_ topic: String?) -> MessageTarget {
            MessageTarget(
                system: RecordAttributes.system,
                destination: topic,
                clientID: clientID,
                baggage: baggage,
                external: external
            )
        }
        targets = MessageTargets { target($0) }
        severalTopics = target(nil)
        producer = try KafkaProducer(configuration.measured()) { [targets] in targets[$0] }
        loop = producer.loop
    }

    /// `TracedKafkaProducer(client id)`.
    public var name: String { "TracedKafkaProducer(\(clientID))" }

    /// When a record was last acknowledged, how many are not yet, and what trouble there is since.
    public var health: ServiceHealth { producer.health }

    /// The thread on which the broker's answers come in, for tasks that are to go on there, as with `KafkaProducer`.
    public var executor: any TaskExecutor { loop.executor }

    /// Sends a record and waits until the broker has acknowledged it, as `KafkaProducer` does.
    ///
    /// - Parameter record: The record. Its trace headers are replaced.
    /// - Returns: Where it was written.
    /// - Throws: `KafkaError` when it was not acknowledged, with the protocol's name for the reason, which is the span's
    ///   `error.type` too.
    @discardableResult
    public nonisolated(nonsending) func send(_ record: KafkaRecord) async throws(KafkaError) -> KafkaDelivery {
        var attempt = SendAttempt()
        await withUnsafeContinuation { handOver(record, nil, &attempt, resuming: $0) }
        if let delivery = loop.delivery(of: attempt, to: record.topic) { return delivery }
        return try await sendRest(of: attempt, record, nil)
    }

    /// Sends a record, and says whether the work on it is to continue this trace or to start one.
    ///
    /// - Parameters:
    ///   - record: The record. Its trace headers are replaced.
    ///   - wish: What is wanted of whoever works on the record, whatever their own policy says; `nil` leaves it to them.
    /// - Returns: Where it was written.
    /// - Throws: `KafkaError` when it was not acknowledged, with the protocol's name for the reason, which is the span's
    ///   `error.type` too.
    @discardableResult
    public nonisolated(nonsending) func send(
        _ record: KafkaRecord,
        wish: StitchField.Wish?
    ) async throws(KafkaError) -> KafkaDelivery {
        var attempt = SendAttempt()
        await withUnsafeContinuation { handOver(record, wish, &attempt, resuming: $0) }
        if let delivery = loop.delivery(of: attempt, to: record.topic) { return delivery }
        return try await sendRest(of: attempt, record, wish)
    }

    /// Sends records together and waits until the broker has answered all of them, as `KafkaProducer` does.
    ///
    /// Each record gets a `create` span, whose context goes into its headers; one `send` span links to all of them and ends
    /// when all are answered.
    public func send(contentsOf records: [KafkaRecord]) async -> KafkaDeliveries {
        if records.isEmpty { return KafkaDeliveries([]) }
        let trace = BatchTrace(of: records, targets, severalTopics: severalTopics, createSpans: createSpans)
        let deliveries = await loop.send(contentsOf: records) { trace.headers(of: $0) }
        trace.end(deliveries)
        return deliveries
    }

    /// Hands a record over and returns, without waiting for anything, as `KafkaProducer` does.
    ///
    /// The record's span ends when the broker has answered, whether or not anybody awaits the handle.
    @discardableResult
    public func enqueue(_ record: KafkaRecord) throws(KafkaError) -> KafkaEnqueued {
        let entry: SendEntry
        do throws(KafkaError) {
            entry = try loop.enter(for: record)
        } catch {
            refuse(record, nil, since: nil, error)
            throw error
        }
        let send = try prepare(record, entry, nil)
        let enqueued = KafkaEnqueued(send.pending)
        try loop.handOver(record, send)
        return enqueued
    }

    /// Hands a record over and returns; waits only where the local queue is full, until there is room, as `KafkaProducer`
    /// does.
    ///
    /// The record's span ends when the broker has answered, whether or not anybody awaits the handle.
    @discardableResult
    public nonisolated(nonsending) func enqueue(_ record: KafkaRecord) async throws(KafkaError) -> KafkaEnqueued {
        var send: PreparedSend
        if let entry = loop.tryToEnter() {
            send = try prepare(record, entry, nil)
        } else {
            let (entry, since) = try await enterInTurn(record, nil)
            send = try prepare(record, entry, nil, since: since)
        }
        let enqueued = KafkaEnqueued(send.pending)
        if let seen = try loop.handOverAtOnce(record, &send) { try await loop.handOver(record, send, since: seen) }
        return enqueued
    }

    /// Waits until every record that was sent before has its answer, without lingering.
    ///
    /// - Parameter timeout: How long to wait at most.
    /// - Throws: `KafkaError` with `timedOut` when it takes longer, `cancelled` when the task is cancelled meanwhile.
    public func flush(timeout: Duration = .seconds(30)) async throws(KafkaError) {
        try await producer.flush(timeout: timeout)
    }

    /// Returns when the producer is shut down.
    ///
    /// Cancelling the task shuts it down at once.
    ///
    /// - Throws: `KafkaError` when the producer has become unusable.
    public func run() async throws { try await producer.run() }

    /// Lets nobody send any more, waits within `drain` until what was taken is acknowledged, gives up the rest, and
    /// returns when the client is gone.
    ///
    /// Every span of a record has ended then, or ends at once.
    public func shutdown() async { await producer.shutdown() }
}
