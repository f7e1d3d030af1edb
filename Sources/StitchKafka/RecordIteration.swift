// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// One iteration over a consumer's records, by one task at a time.
///
/// Takes from the partitions in turn what is there; a record is in flight until the next one is asked for. When the
/// iteration is let go, by leaving the loop for instance, the record in flight doesn't count, and the consumer leaves its
/// group.
final class RecordIteration {
    /// What was taken of one partition, and how far that is given out.
    private struct Lane {
        let reader: PartitionReader
        let batch: ConsumedBatch
        let generation: Int
        /// When it was asked for.
        let asked: UInt64
        /// How many records were given out.
        var given = 0
        /// What the observer hasn't been told of.
        var untold: Untold?
    }

    /// Records that were given out one by one, the first of them at a time.
    private struct Untold {
        let first: Int
        let time: UInt64
    }

    /// How many records the observer is told of at once at most: as many as a span has links to.
    private static let told = 128

    private let loop: ConsumerLoop
    private let owner: AnyObject
    private let refusal: KafkaError?
    private var lane: Lane?
    /// Of partitions that are paused.
    private var parked: [ObjectIdentifier: Lane] = [:]
    /// Whose turn it is.
    private var turn = 0
    private var isDone = false

    /// - Parameters:
    ///   - loop: The consumer.
    ///   - owner: Is kept meanwhile.
    init(_ loop: ConsumerLoop, keeping owner: AnyObject) {
        self.loop = loop
        self.owner = owner
        refusal = loop.beginIteration()
    }

    deinit {
        guard refusal == nil else { return }
        if var lane {
            tell(&lane)
            lane.reader.end(lane.batch, generation: lane.generation)
        }
        loop.stop(drain: .zero)
        loop.observer?.ended()
    }

    /// The next record; `nil` when the consumer was shut down or the task cancelled.
    ///
    /// The observer is told once enough were given out, or no more are.
    func next() async throws(KafkaError) -> KafkaConsumedRecord? {
        guard var lane = try await advance() else { return nil }
        let index = lane.given
        if let observer = loop.observer {
            if let untold = lane.untold, index - untold.first >= Self.told { tell(&lane) }
            if lane.untold == nil { lane.untold = Untold(first: index, time: observer.now()) }
        }
        lane.given += 1
        self.lane = lane
        return lane.batch[index]
    }

    /// The next records of one partition, at least one, never waiting for more.
    func nextBatch(upTo count: Int) async throws(KafkaError) -> [KafkaConsumedRecord]? {
        guard (1...10_000).contains(count) else {
            throw KafkaError(.configuration, "The batch size 'upTo' is \(count): it has to be from 1 to 10000")
        }
        guard var lane = try await advance() else { return nil }
        let range = lane.given..<min(lane.given + count, lane.batch.count)
        lane.given = range.upperBound
        if let observer = loop.observer {
            lane.untold = Untold(first: range.lowerBound, time: observer.now())
            tell(&lane)
        }
        self.lane = lane
        return range.map { lane.batch[$0] }
    }

    /// Tells the observer which records were given out.
    private func tell(_ lane: inout Lane) {
        guard let observer = loop.observer, let untold = lane.untold.take() else { return }
        observer.polled(
            (untold.first..<lane.given).map { lane.batch[$0] },
            // What comes later of what was taken at once was there.
            since: untold.first == 0 ? lane.asked : untold.time,
            until: untold.time
        )
    }

    /// Counts what was given out before as handled.
    ///
    /// - Returns: What to give out of next.
    private func advance() async throws(KafkaError) -> Lane? {
        if let refusal { throw refusal }
        if let lane {
            // The caller has asked for the next, so it is done with those before, unless it is only told to stop.
            if !Task.isCancelled { lane.batch.handled.store(lane.given, ordering: .releasing) }
            if lane.given < lane.batch.count, !lane.reader.isInterrupted, !Task.isCancelled { return lane }
        }
        return try await refill()
    }

    /// What to go on with, not all of which was given out.
    private func refill() async throws(KafkaError) -> Lane? {
        if isDone { return nil }
        let start = loop.observer?.now() ?? 0
        if let lane = putBack() { return lane }
        while !Task.isCancelled, let readers = loop.feed.readers {
            // Those of partitions that were given away would be kept for good.
            if !parked.isEmpty { parked = parked.filter { lane in readers.contains { $0 === lane.value.reader } } }
            for index in readers.indices {
                let reader = readers[(turn + index) % readers.count]
                if let lane = parked[ObjectIdentifier(reader)] {
                    switch reader.decide(lane.generation) {
                    case .goOn:
                        parked[ObjectIdentifier(reader)] = nil
                        return lane
                    case .drop: parked[ObjectIdentifier(reader)] = nil
                    case .wait: continue
                    }
                }
                switch reader.take() {
                case .batch(let batch, let generation):
                    turn = (turn + index + 1) % readers.count
                    loop.note(.handled)
                    return Lane(reader: reader, batch: batch, generation: generation, asked: start)
                case .failed(let error): loop.fail(error)
                case .nothing, .over: continue
                }
            }
            await withTaskCancellationHandler {
                await loop.feed.wake.wait()
            } onCancel: { [loop] in
                loop.feed.wake.signal()
            }
        }
        isDone = true
        if Task.isCancelled { loop.stop(drain: .zero) }
        if let failure = await loop.ended.value { throw failure }
        return nil
    }

    /// Lets go of what is in hand, if it is at its end or may not go on.
    ///
    /// - Returns: What to go on with after all.
    private func putBack() -> Lane? {
        guard var lane = self.lane else { return nil }
        self.lane = nil
        tell(&lane)
        guard lane.given < lane.batch.count, !Task.isCancelled else {
            lane.reader.end(lane.batch, generation: lane.generation)
            loop.note(.givenBack)
            return nil
        }
        switch lane.reader.decide(lane.generation) {
        case .goOn: return lane
        case .wait: parked[ObjectIdentifier(lane.reader)] = lane
        case .drop: break
        }
        loop.note(.givenBack)
        return nil
    }
}
