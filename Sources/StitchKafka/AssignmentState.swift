// SPDX-License-Identifier: Apache-2.0

/// Decides how long a consumer goes on, which partitions have a reader, and what its `run()` throws.
///
/// Takes events, returns decisions; has no clock and no I/O.
struct AssignmentState<Reader> {
    private enum Phase { case running, stopping, closed }

    private var phase = Phase.running
    private var isRun = false

    /// Readers by partition; a reader that was stopped stays until the partition is assigned again, so that the next one
    /// can wait for what it still has in flight.
    private var readers: [KafkaTopicPartition: Reader] = [:]
    private var unstarted: [KafkaTopicPartition: Reader] = [:]
    private var assigned: Set<KafkaTopicPartition> = []

    /// Until when handlers may finish, once the consumer is stopping.
    ///
    /// Only ever comes nearer.
    private(set) var deadline: ContinuousClock.Instant?

    /// What the consumer stopped for, if it was an error: the first counts.
    private(set) var failure: KafkaError?

    var isRunning: Bool { phase == .running }
    var isClosed: Bool { phase == .closed }

    /// All readers that are or were.
    var allReaders: [Reader] { Array(readers.values) }

    /// The partitions that are ours, in order.
    var partitions: [KafkaTopicPartition] { assigned.sorted() }

    /// The readers of the partitions that are ours.
    var assignedReaders: [Reader] { assigned.compactMap { readers[$0] } }

    /// The reader of a partition; `nil` if that isn't ours.
    func assignedReader(of partition: KafkaTopicPartition) -> Reader? {
        assigned.contains(partition) ? readers[partition] : nil
    }

    /// The consumer is to stop and let handlers finish until then.
    mutating func stop(by deadline: ContinuousClock.Instant) {
        if phase == .running { phase = .stopping }
        self.deadline = self.deadline.map { min($0, deadline) } ?? deadline
    }

    /// The consumer can't go on.
    mutating func fail(_ error: KafkaError, by deadline: ContinuousClock.Instant) {
        // What goes wrong while a consumer stops is not why it stopped.
        if phase == .running { failure = error }
        stop(by: deadline)
    }

    /// The group is left and the client gone.
    mutating func close() {
        phase = .closed
        unstarted = [:]
        assigned = []
    }

    /// Somebody runs the consumer; `false` if somebody does already.
    mutating func beginRun() -> Bool {
        defer { isRun = true }
        return !isRun
    }

    /// The reader that a partition has, or had last.
    func reader(of partition: KafkaTopicPartition) -> Reader? { readers[partition] }

    /// A partition is ours from now on, and has this reader.
    mutating func assign(_ partition: KafkaTopicPartition, _ reader: Reader) {
        readers[partition] = reader
        unstarted[partition] = reader
        assigned.insert(partition)
    }

    /// Partitions are to be given away.
    ///
    /// - Returns: Their readers.
    mutating func revoke(_ partitions: [KafkaTopicPartition]) -> [Reader] {
        for partition in partitions { unstarted[partition] = nil }
        return partitions.compactMap { assigned.remove($0) == nil ? nil : readers[$0] }
    }

    /// The readers that nobody has started yet; from now on they count as started.
    mutating func takeUnstarted() -> [Reader] {
        defer { unstarted = [:] }
        return Array(unstarted.values)
    }
}
