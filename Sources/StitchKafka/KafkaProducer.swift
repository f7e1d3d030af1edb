// SPDX-License-Identifier: Apache-2.0

public import StitchService

/// Sends records to Kafka.
///
/// One producer serves a whole process; any task may use it.
///
/// It works from `init` on. ``send(_:)`` returns when the broker has acknowledged the record; records sent by one task
/// one after the other arrive in that order, and unless the configuration says otherwise none arrives twice. When the
/// local queue is full, senders wait for room.
///
/// ``run()`` returns when the producer is shut down, and throws when it has become unusable. ``shutdown()`` lets the
/// records that were taken be acknowledged within the configuration's `drain` and gives up the rest; every sender gets
/// an answer. A producer that is let go without a shutdown is closed as with a `drain` of zero.
///
/// ```swift
/// let producer = try KafkaProducer(KafkaConfiguration(brokers: ["localhost:9092"]))
/// let delivery = try await producer.send(KafkaRecord(topic: "orders", key: "7", value: bytes))
/// await producer.shutdown()
/// ```
public final class KafkaProducer: KafkaProducing {
    private let configuration: KafkaConfiguration
    private let loop: DeliveryLoop

    /// Makes a producer.
    ///
    /// Does not wait for a broker.
    ///
    /// - Parameter configuration: Where Kafka is and how to behave.
    /// - Throws: ``KafkaError`` with ``KafkaError/Code-swift.struct/configuration`` that names the option, its value and
    ///   what would be right.
    public init(_ configuration: KafkaConfiguration) throws(KafkaError) {
        self.configuration = configuration
        loop = try DeliveryLoop(configuration)
    }

    deinit { loop.close() }

    /// `KafkaProducer(client id)`.
    public var name: String { "KafkaProducer(\(configuration.clientID))" }

    /// When a record was last acknowledged, how many are not yet, and what trouble there is since.
    public var health: ServiceHealth { loop.health }

    /// Sends a record and waits until the broker has acknowledged it.
    ///
    /// Cancelling the task withdraws a record that still waits for room in the local queue. A record that was taken can't
    /// be withdrawn: the answer is waited for, for as long as the configuration's `deliveryTimeout` at most.
    ///
    /// - Parameter record: The record.
    /// - Returns: Where it was written.
    /// - Throws: ``KafkaError`` when it was not acknowledged, with the protocol's name for the reason.
    @discardableResult
    public func send(_ record: KafkaRecord) async throws(KafkaError) -> KafkaDelivery {
        try await loop.send(record)
    }

    /// Waits until every record that was sent before has its answer, without lingering.
    ///
    /// - Parameter timeout: How long to wait at most.
    /// - Throws: ``KafkaError`` with ``KafkaError/Code-swift.struct/timedOut`` when it takes longer,
    ///   ``KafkaError/Code-swift.struct/cancelled`` when the task is cancelled meanwhile.
    public func flush(timeout: Duration = .seconds(30)) async throws(KafkaError) {
        try await loop.flush(timeout: timeout)
    }

    /// Returns when the producer is shut down.
    ///
    /// Cancelling the task shuts it down at once.
    ///
    /// - Throws: ``KafkaError`` when the producer has become unusable, as when another one with its transactional id has
    ///   taken over.
    public func run() async throws {
        let failure = await withTaskCancellationHandler {
            await loop.ended.value
        } onCancel: {
            loop.stop(drain: .zero)
            loop.close()
        }
        if let failure { throw failure }
    }

    /// Lets nobody send any more, waits within `drain` until what was taken is acknowledged, gives up the rest, and
    /// returns when the client is gone.
    public func shutdown() async {
        loop.stop(drain: configuration.drain)
        _ = await loop.ended.value
    }
}
