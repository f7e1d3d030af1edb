// SPDX-License-Identifier: Apache-2.0

public import StitchService

/// What sends records: a producer, traced or not, or a double of one in a test.
public protocol KafkaProducing: Service {
    /// Sends a record and waits until the broker has acknowledged it.
    ///
    /// - Parameter record: The record.
    /// - Returns: Where it was written.
    /// - Throws: ``KafkaError`` when it was not acknowledged.
    @discardableResult
    func send(_ record: KafkaRecord) async throws(KafkaError) -> KafkaDelivery

    /// Waits until every record that was sent before has its answer, without lingering.
    ///
    /// - Parameter timeout: How long to wait at most.
    /// - Throws: ``KafkaError`` with ``KafkaError/Code-swift.struct/timedOut`` when it takes longer.
    func flush(timeout: Duration) async throws(KafkaError)
}
