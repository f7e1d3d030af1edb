// SPDX-License-Identifier: Apache-2.0

import MessageTracing
public import StitchKafka
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
    private let clientID: String
    private let targets: MessageTargets

    /// Makes a producer.
    ///
    /// Does not wait for a broker.
    ///
    /// - Parameters:
    ///   - configuration: Where Kafka is and how to behave.
    ///   - baggage: Which of the current baggage records carry.
    ///   - external: Whether records are read by somebody else, who gets neither baggage nor `tracestate`.
    /// - Throws: `KafkaError` with `configuration` that names the option, its value and what would be right.
    public init(
        _ configuration: KafkaConfiguration,
        baggage: BaggagePolicy = .all,
        external: Bool = false
    ) throws(KafkaError) {
        producer = try KafkaProducer(configuration)
        let clientID = configuration.clientID
        self.clientID = clientID
        targets = MessageTargets { topic in
            MessageTarget(
                system: RecordAttributes.system,
                destination: topic,
                clientID: clientID,
                baggage: baggage,
                external: external
            )
        }
    }

    /// `TracedKafkaProducer(client id)`.
    public var name: String { "TracedKafkaProducer(\(clientID))" }

    /// When a record was last acknowledged, how many are not yet, and what trouble there is since.
    public var health: ServiceHealth { producer.health }

    /// Sends a record and waits until the broker has acknowledged it, as `KafkaProducer` does.
    ///
    /// - Parameter record: The record. Its trace headers are replaced.
    /// - Returns: Where it was written.
    /// - Throws: `KafkaError` when it was not acknowledged, with the protocol's name for the reason, which is the span's
    ///   `error.type` too.
    @discardableResult
    public func send(_ record: KafkaRecord) async throws(KafkaError) -> KafkaDelivery {
        try await send(record, wish: nil)
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
    public func send(_ record: KafkaRecord, wish: StitchField.Wish?) async throws(KafkaError) -> KafkaDelivery {
        let incoming = record.headers.carrier
        let send = SendSpan(to: targets[record.topic], wish: wish, incoming: incoming) {
            RecordAttributes.fill(&$0, record)
        }
        var record = record
        record.headers.write(send.carrier, inPlaceOf: incoming)
        do throws(KafkaError) {
            let delivery = try await producer.send(record)
            send.end(partition: String(delivery.partition)) { attributes in
                attributes.set(MessagingConventions.Attribute.partitionID, String(delivery.partition))
                attributes.set(MessagingConventions.Attribute.kafkaOffset, delivery.offset)
                attributes.set(MessagingConventions.Attribute.brokerID, delivery.brokerID.map { Int64($0) })
                attributes.set(
                    MessagingConventions.Attribute.acknowledgeLatency,
                    delivery.latency.map { $0 / .seconds(1) }
                )
            }
            return delivery
        } catch {
            // Who withdraws a record has no error.
            if error.code == .cancelled { send.end() } else { send.fail(error, type: error.errorType) }
            throw error
        }
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
