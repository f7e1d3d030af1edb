// SPDX-License-Identifier: Apache-2.0

/// What became of records that were sent by one call, in their order.
///
/// ```swift
/// let deliveries = try await producer.send(contentsOf: records)
/// for (index, error) in deliveries.failures { log("\(records[index].topic): \(error)") }
/// ```
public struct KafkaDeliveries: Sendable, RandomAccessCollection {
    private enum Storage: Sendable {
        case group(SendGroup)
        case results([Result<KafkaDelivery, KafkaError>])
    }

    private let storage: Storage

    /// Of the records of a call that is over.
    init(of group: SendGroup) { storage = .group(group) }

    /// What became of records, for a double of ``KafkaProducing`` in tests.
    public init(_ results: [Result<KafkaDelivery, KafkaError>]) { storage = .results(results) }

    /// Zero.
    public var startIndex: Int { 0 }

    /// How many records there were.
    public var endIndex: Int {
        switch storage {
        case .group(let group): group.records.count
        case .results(let results): results.count
        }
    }

    /// Where a record was written, or why it wasn't.
    public subscript(position: Int) -> Result<KafkaDelivery, KafkaError> {
        switch storage {
        case .group(let group): group.result(of: position)
        case .results(let results): results[position]
        }
    }

    /// The records that were not acknowledged, by their place in the call, and why; empty when all were.
    public var failures: [(index: Int, error: KafkaError)] {
        indices.compactMap { index in
            if case .group(let group) = storage, group.isDelivered(index) { return nil }
            if case .failure(let error) = self[index] { return (index, error) }
            return nil
        }
    }

    /// Where all records were written.
    ///
    /// - Throws: Why the first that was not acknowledged was not.
    public func get() throws(KafkaError) -> [KafkaDelivery] {
        var all: [KafkaDelivery] = []
        all.reserveCapacity(count)
        for result in self { all.append(try result.get()) }
        return all
    }
}
