// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import Testing

@testable import TracedKafka

@Suite("How far a redrive is")
struct RedriveProgressTests {
    private static let place = KafkaTopicPartition(topic: "orders.dead", partition: 0)

    private func batch(_ offsets: Range<Int64>) -> [KafkaConsumedRecord] {
        offsets.map { KafkaConsumedRecord(topic: "orders.dead", offset: $0, value: [1]) }
    }

    private func progress(limit: Int? = nil, to end: Int64 = 10) -> RedriveProgress {
        var progress = RedriveProgress(limit: limit)
        progress.add(Self.place, from: 0, to: end)
        return progress
    }

    private func move(_ record: KafkaConsumedRecord) -> RedriveProgress.Choice {
        .move(RecordMove(record, to: "orders", saying: nil))
    }

    private func take(_ offsets: Range<Int64>, _ progress: inout RedriveProgress) throws -> RedriveProgress.Turn {
        let turn = progress.take(batch(offsets), move)
        return try #require(turn)
    }

    private static let tooLarge = KafkaError(.messageTooLarge, "too large")
    private static let away = KafkaError(.deliveryTimedOut, "away", isRetryable: true)

    @Test("is committed as far as records were moved without a hole, and what is behind one is said to come again")
    func hole() throws {
        var progress = progress()
        #expect(progress.takeCommits() == [Self.place: 0])
        let turn = try take(0..<5, &progress)
        #expect(turn.moves.count == 5)
        progress.settle(turn, [nil, nil, Self.tooLarge, nil, nil]) { $0.isRetryable }
        #expect(progress.takeCommits() == [Self.place: 2] && progress.takeCommits() == [:])
        let rest = try take(5..<10, &progress)
        progress.settle(rest, Array(repeating: nil, count: 5)) { $0.isRetryable }
        #expect(progress.isDone && progress.takeCommits() == [:])
        let report = progress.report
        #expect(report.moved == ["orders": 9] && report.again == 7 && report.failed == 1 && report.unseen == 0)
        #expect(report.failure?.code == .messageTooLarge && report.leftCount == 1)
    }

    @Test("ends before the first record for which no broker answered; those behind that were moved come again")
    func ended() throws {
        var progress = progress()
        let turn = try take(0..<4, &progress)
        progress.settle(turn, [nil, Self.away, nil, Self.away]) { $0.isRetryable }
        #expect(progress.takeCommits() == [Self.place: 1])
        let report = progress.report
        #expect(report.moved == ["orders": 2] && report.again == 1 && report.failed == 0 && report.unseen == 9)
    }

    @Test("doesn't pass its limit, and a record that was not moved makes room for another")
    func limited() throws {
        var progress = progress(limit: 2)
        let turn = try take(0..<5, &progress)
        #expect(turn.moves.count == 2)
        progress.settle(turn, [Self.tooLarge, nil]) { $0.isRetryable }
        #expect(!progress.isDone)
        let next = try take(2..<5, &progress)
        #expect(next.moves.count == 1)
        progress.settle(next, [nil]) { $0.isRetryable }
        #expect(progress.isDone && progress.report.unseen == 7)
    }

    @Test("is at the end of a partition whose last records were deleted, or are none that a consumer sees")
    func invisible() throws {
        var progress = progress()
        let turn = try take(0..<3, &progress)
        progress.settle(turn, [nil, nil, nil]) { $0.isRetryable }
        #expect(progress.open == [Self.place: 10])
        progress.end(Self.place)
        #expect(progress.isDone && progress.report.unseen == 0 && progress.takeCommits() == [Self.place: 3])
    }
}
