// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchKafka

@Suite("What of a partition was not committed")
struct LeftBehindTests {
    @Test("is known once the partition is given away, if it counts")
    func leftBehind() {
        var state = PartitionState()
        state.note(handledBefore: 3, generation: 0)
        #expect(!state.isLeftBehind)
        #expect(state.takeUncommitted() == 3)
        #expect(state.close() && !state.isLeftBehind)
        state.refused(3)
        #expect(state.isLeftBehind)
    }
}

@Suite("The reader of a partition")
struct PartitionStateTests {
    private func reading() -> PartitionState {
        var state = PartitionState()
        state.start()
        state.begin()
        return state
    }

    @Test("counts what was handled, and takes more then")
    func handled() {
        var state = reading()
        #expect(state.isHandling && !state.mayTake)
        state.end(handledBefore: 7, generation: state.generation)
        #expect(!state.isHandling && state.mayTake)
        let next = state.takeUncommitted()
        #expect(next == 7)
    }

    @Test("counts what was handled before a handler threw, and begins nothing more")
    func failed() {
        var state = reading()
        state.end(handledBefore: 3, generation: state.generation, failed: true)
        #expect(!state.mayTake && state.isOver && state.isInterrupted)
        let next = state.takeUncommitted()
        #expect(next == 3)
    }

    @Test("lets the handler in flight count when it is stopped, and drops the rest")
    func stopped() {
        var state = reading()
        state.stop()
        #expect(state.isHandling && !state.mayTake)
        state.note(handledBefore: 4, generation: state.generation)
        let decision = state.decide(generation: state.generation)
        let next = state.takeUncommitted()
        #expect(decision == .drop && !state.isHandling && next == 4)
    }

    @Test("lets nothing count once the partition is given away, which happens once")
    func closed() {
        var state = reading()
        let closed = state.close()
        let closedAgain = state.close()
        #expect(closed && !closedAgain)
        state.end(handledBefore: 9, generation: state.generation)
        let next = state.takeUncommitted()
        #expect(next == nil)
    }

    @Test("waits while paused, with nothing in flight, and goes on with what it has")
    func paused() {
        var state = reading()
        state.pause()
        let waits = state.decide(generation: state.generation)
        #expect(waits == .wait && !state.isHandling && !state.mayTake)
        state.resume()
        let goesOn = state.decide(generation: state.generation)
        #expect(goesOn == .goOn && state.isHandling)
    }

    @Test("drops what was taken before a seek, and counts nothing of it")
    func sought() {
        var state = reading()
        let before = state.generation
        state.note(handledBefore: 50, generation: before)
        state.beginSeek()
        state.note(handledBefore: 51, generation: before)
        let decision = state.decide(generation: before)
        #expect(decision == .drop && !state.mayTake)
        state.endSeek()
        let nothing = state.takeUncommitted()
        #expect(state.mayTake && nothing == nil)
        state.begin()
        state.end(handledBefore: 6, generation: state.generation)
        let next = state.takeUncommitted()
        #expect(next == 6)
    }
}

@Suite("The offsets of a partition")
struct OffsetTrackerTests {
    @Test("are committed once, and again when the broker refused")
    func committed() {
        var offsets = OffsetTracker()
        let nothing = offsets.takeUncommitted()
        offsets.note(handledBefore: 5)
        let first = offsets.takeUncommitted()
        let again = offsets.takeUncommitted()
        offsets.refused(5)
        let refused = offsets.takeUncommitted()
        #expect(nothing == nil && first == 5 && again == nil && refused == 5)
    }

    @Test("never go back, but by a seek")
    func forwards() {
        var offsets = OffsetTracker()
        offsets.note(handledBefore: 5)
        offsets.note(handledBefore: 3)
        #expect(offsets.handled == 5)
        offsets.seek()
        #expect(offsets.handled == nil && !offsets.isBehind)
        offsets.note(handledBefore: 3)
        #expect(offsets.handled == 3)
    }

    @Test("stay to be committed when a refusal concerns an older commit")
    func olderRefusal() {
        var offsets = OffsetTracker()
        offsets.note(handledBefore: 5)
        _ = offsets.takeUncommitted()
        offsets.note(handledBefore: 8)
        _ = offsets.takeUncommitted()
        offsets.refused(5)
        #expect(offsets.committed == 8 && !offsets.isBehind)
    }
}

@Suite("How much is taken at once")
struct TakingTests {
    @Test("follows the size of records: about a mebibyte, never more records than allowed")
    func batchSize() {
        var size = BatchSize(limit: 1000)
        #expect(size.next == 32)
        size.note(count: 32, bytes: 32 * 1024)
        #expect(size.next == 1000)
        size.note(count: 10, bytes: 10 << 20)
        #expect(size.next == 1)
        size.note(count: 10, bytes: 0)
        #expect(size.next == 1000)
        #expect(BatchSize(limit: 4).next == 4)
    }

    @Test("wakes librdkafka once a queue that was full is half empty")
    func kicker() {
        var kicker = FetchKicker(.init(count: 1000, bytes: 1 << 30))
        let notFull = kicker.took(10, bytes: 10, left: 100)
        let full = kicker.took(10, bytes: 10, left: 990)
        let stillFull = kicker.took(10, bytes: 10, left: 500)
        let half = kicker.took(10, bytes: 10, left: 499)
        let again = kicker.took(10, bytes: 10, left: 300)
        #expect([notFull, full, stillFull, half, again] == [false, false, false, true, false])
    }

    @Test("takes a queue for full by its bytes too")
    func kickerBytes() {
        var kicker = FetchKicker(.init(count: 100_000, bytes: 1 << 20))
        let full = kicker.took(10, bytes: 10 << 10, left: 900)
        let half = kicker.took(10, bytes: 10 << 10, left: 400)
        #expect(!full && half)
        var none = FetchKicker(nil)
        _ = none.took(10, bytes: 10, left: 1_000_000)
        let wakes = none.took(10, bytes: 10, left: 0)
        #expect(!wakes)
    }
}

@Suite("Slow handlers")
struct SlowHandlerWatchTests {
    private let partition = KafkaTopicPartition(topic: "t", partition: 0)
    private let start = ContinuousClock.now

    @Test("are told once for each time, and forgotten when they get on")
    func once() {
        var watch = SlowHandlerWatch<Int>(slow: .seconds(30), limit: nil)
        let begin = watch.look(at: [(partition, 1)], now: start)
        let early = watch.look(at: [(partition, 1)], now: start + .seconds(29))
        let slow = watch.look(at: [(partition, 1)], now: start + .seconds(30))
        let again = watch.look(at: [(partition, 1)], now: start + .seconds(90))
        #expect(begin == [] && early == [] && again == [])
        #expect(slow == [.slow(partition, 1, .seconds(30))] && watch.slowPartitions == [partition])
        let next = watch.look(at: [(partition, 2)], now: start + .seconds(91))
        #expect(next == [] && watch.slowPartitions == [])
        let slowAgain = watch.look(at: [(partition, 2)], now: start + .seconds(121))
        #expect(slowAgain == [.slow(partition, 2, .seconds(30))])
        _ = watch.look(at: [], now: start + .seconds(122))
        #expect(watch.slowPartitions == [])
    }

    @Test("are over their limit at last, if there is one")
    func limit() {
        var watch = SlowHandlerWatch<Int>(slow: .seconds(30), limit: .seconds(60))
        _ = watch.look(at: [(partition, 1)], now: start)
        _ = watch.look(at: [(partition, 1)], now: start + .seconds(30))
        let over = watch.look(at: [(partition, 1)], now: start + .seconds(60))
        #expect(over == [.overLimit(partition, 1, .seconds(60))])
    }
}
