// SPDX-License-Identifier: Apache-2.0

/// What a consumer does with records.
package enum RecordHandler: Sendable {
    /// One after the other.
    case each(@Sendable (KafkaConsumedRecord) async throws -> Void)

    /// Up to so many of one partition at once.
    case batches(of: Int, @Sendable ([KafkaConsumedRecord]) async throws -> Void)

    /// How many records are taken from librdkafka's queue at once, and so held here.
    ///
    /// The rest stays there, and when that queue is full librdkafka stops fetching: a slow handler holds the broker up,
    /// not the memory.
    var taken: Int {
        switch self {
        case .each: 32
        case .batches(let size, _): size
        }
    }

    /// How many records one call handles.
    var handled: Int {
        switch self {
        case .each: 1
        case .batches(let size, _): size
        }
    }

    func callAsFunction(_ records: ArraySlice<KafkaConsumedRecord>) async throws {
        switch self {
        case .each(let handle): for record in records { try await handle(record) }
        case .batches(_, let handle): try await handle(Array(records))
        }
    }
}
