// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService
import TraceContext

/// Does what a failure policy decides: tries again, moves, passes over, stops.
final class FailureHandling: RecordPolicy {
    private let policy: KafkaFailurePolicy
    private let topics: RetryTopics?
    private let producer: KafkaProducer?
    private let preparation: MoveTopics?
    private let observer: (any MoveObserver)?

    /// The topics to be read beside the consumer's own.
    var retryTopics: [String] { topics?.retryTopics ?? [] }

    /// - Parameters:
    ///   - policy: What is to be done.
    ///   - configuration: Where Kafka is.
    ///   - source: Where the consumer's records come from.
    ///   - observer: What stands round moves.
    /// - Throws: `KafkaError` that names the option, its value and what would be right.
    init(
        _ policy: KafkaFailurePolicy,
        _ configuration: KafkaConfiguration,
        _ source: ConsumerSource,
        _ observer: (any MoveObserver)?
    ) throws(KafkaError) {
        self.policy = policy
        self.observer = observer
        guard case .moveAside(let move) = policy.outcome else {
            topics = nil
            producer = nil
            preparation = nil
            return
        }
        guard case .topics(let names, _) = source else {
            throw KafkaError(
                .configuration,
                "The option 'onFailure' moves records aside, which a consumer of partitions can't: give it a group and topics"
            )
        }
        let topics = try RetryTopics(names, move)
        let configuration = configuration.moving
        self.topics = topics
        producer = try KafkaProducer(configuration)
        preparation = MoveTopics(configuration, topics)
    }

    func prepare() throws(KafkaError) { try preparation?.prepare() }

    func shutdown() async { await producer?.shutdown() }

    func run(_ records: [KafkaConsumedRecord], _ work: RecordWork) async throws {
        guard let first = records.first else { return }
        let place = topics?.place(of: first.topic) ?? RetryTopics.Place(topic: first.topic, stage: 0)
        guard place.stage > 0 else { return try await handle(records, at: place, work) }
        var rest = records[...]
        while let first = rest.first {
            let wait = wait(of: first, at: place)
            if wait > .zero { try await work.rest(wait) }
            // Those that have become due meanwhile go along, where the handler takes several.
            let due = [first] + rest.dropFirst().prefix { self.wait(of: $0, at: place) == .zero }
            rest = rest.dropFirst(due.count)
            try await handle(due, at: place, work)
        }
    }

    private func wait(of record: KafkaConsumedRecord, at place: RetryTopics.Place) -> Duration {
        topics?.wait(
            due: record.moved?.due,
            written: record.timestamp.milliseconds,
            at: place,
            now: Int64(Date.now.timeIntervalSince1970 * 1000)
        ) ?? .zero
    }

    private func handle(
        _ records: [KafkaConsumedRecord],
        at place: RetryTopics.Place,
        _ work: RecordWork
    ) async throws {
        var records = records
        var state = FailureState(policy, topics, at: place)
        let trace = RecordTrace()
        while true {
            state.begin()
            do {
                return try await work.handle(records, RecordAttempt(number: state.tries, trace: trace))
            } catch {
                // Who was cancelled gives the records back.
                guard !Task.isCancelled else { throw error }
                let failed = KafkaBatchFailure.failed(records, error)
                records = failed.records
                let decision = policy.decide?(failed.cause, attempt(records, state))
                switch state.failed(decision, random: .random(in: 0..<1)) {
                case .retry(let delay): try await work.rest(delay)
                case .skip: return log(.warning, records, "passed over", failed.cause)
                case .stop(let flaw):
                    if let flaw { log(.error, records, "where the consumer stops: \(flaw)", failed.cause) }
                    throw error
                case .move(let step, let reason):
                    return try await move(records, to: step, reason, failed.cause, state, trace)
                }
            }
        }
    }

    private func attempt(_ records: [KafkaConsumedRecord], _ state: FailureState) -> KafkaAttempt {
        let before = records.compactMap { history(of: $0, at: state.place)?.attempt }.max() ?? 0
        return KafkaAttempt(
            number: before.addingReportingOverflow(state.tries).partialValue,
            inPlace: state.tries,
            retryTopic: state.place.stage,
            topic: state.place.topic
        )
    }

    /// How a record got to where it is; `nil` for one that wasn't moved, or was so on behalf of another topic.
    private func history(of record: KafkaConsumedRecord, at place: RetryTopics.Place) -> MovedRecord? {
        record.movedFields.flatMap { $0.source.topic == place.topic || $0.target == record.topic ? $0 : nil }
    }

    /// Returns when all records are in the next topic for certain.
    private func move(
        _ records: [KafkaConsumedRecord],
        to step: RetryTopics.Step,
        _ reason: FailureState.Reason,
        _ cause: any Error,
        _ state: FailureState,
        _ trace: RecordTrace
    ) async throws {
        guard let producer else { return }
        let now = Int64(Date.now.timeIntervalSince1970 * 1000)
        let due = step.delay.map { now + $0.wholeMilliseconds }
        let context = (trace.last as? SpanContext).flatMap { $0.isValid ? $0 : nil }
        let moves = records.map { record in
            let history = history(of: record, at: state.place)
            let moved = MovedRecord(
                attempt: (history?.attempt ?? 0).addingReportingOverflow(state.tries).partialValue,
                previous: context ?? history?.previous,
                reason: reason.rawValue,
                errorType: Self.errorType(cause),
                due: due,
                source: history?.source ?? record.ownSource,
                target: step.topic
            )
            return RecordMove(record, to: step.topic, saying: moved)
        }
        let failure = await producer.send(moves: moves) { observer?.begin($0, after: trace.last) }
        if let (move, error) = failure {
            throw RecordMoveFailure(error: Self.failure(move, error))
        }
        if step.delay == nil { log(.warning, records, "moved to '\(step.topic)'", cause) }
    }

    private static func failure(_ move: RecordMove, _ error: KafkaError) -> KafkaError {
        KafkaError(
            error.code,
            "The record \(move.record.position), whose handler threw, could not be moved to '\(move.topic)', so the consumer "
                + "stops there: it will get the same again",
            cause: error,
            isRetryable: error.isRetryable
        )
    }

    /// The name of what went wrong, as spans have it.
    private static func errorType(_ error: any Error) -> String {
        (error as? KafkaError)?.errorType ?? String(describing: type(of: error))
    }

    private func log(
        _ level: Diagnostic.Level,
        _ records: [KafkaConsumedRecord],
        _ what: String,
        _ error: any Error
    ) {
        guard let first = records.first else { return }
        let count = records.count > 1 ? " and \(records.count - 1) more" : ""
        Diagnostics.log(
            level,
            "The record \(first.position)\(count), whose handler threw, is \(what) (\(Self.errorType(error)))"
        )
    }
}
