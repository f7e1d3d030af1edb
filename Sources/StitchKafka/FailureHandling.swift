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
    /// Whether what records say of earlier moves counts where this consumer can't have moved them to.
    private let trusts: Bool

    /// The topics to be read beside the consumer's own.
    var retryTopics: [String] { topics?.retryTopics ?? [] }

    /// - Parameters:
    ///   - policy: What is to be done.
    ///   - configuration: Where Kafka is.
    ///   - source: Where the consumer's records come from.
    ///   - observer: What stands round moves.
    ///   - trusts: Whether what records of the consumer's own topics say of earlier moves counts; strangers may say
    ///     anything.
    /// - Throws: `KafkaError` that names the option, its value and what would be right.
    init(
        _ policy: KafkaFailurePolicy,
        _ configuration: KafkaConfiguration,
        _ source: ConsumerSource,
        _ observer: (any MoveObserver)?,
        trusts: Bool = true
    ) throws(KafkaError) {
        self.policy = policy
        self.observer = observer
        self.trusts = trusts
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

    /// Whoever waited for a move has stopped waiting by then: its record comes again, so nothing has to be delivered.
    func shutdown() async { await producer?.abandon() }

    func run(_ records: [KafkaConsumedRecord], _ work: RecordWork) async throws {
        guard let first = records.first else { return }
        let place = topics?.place(of: first.topic) ?? RetryTopics.Place(topic: first.topic, stage: 0)
        guard place.stage > 0 else { return try await handle(records, at: place, work, after: 0) }
        var rest = records[...]
        while let first = rest.first {
            let wait = wait(of: first, at: place)
            if wait > .zero { try await work.rest(wait) }
            // Those that have become due meanwhile go along, where the handler takes several.
            let due = [first] + rest.dropFirst().prefix { self.wait(of: $0, at: place) == .zero }
            try await handle(due, at: place, work, after: records.count - rest.count)
            rest = rest.dropFirst(due.count)
            // The wait for those behind may be long: these don't come again after it.
            work.handled(records.count - rest.count)
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

    // `before` says how many records of what was given to `run` are done with.
    private func handle(
        _ all: [KafkaConsumedRecord],
        at place: RetryTopics.Place,
        _ work: RecordWork,
        after before: Int
    ) async throws {
        /// All before `record` are done with.
        func reached(_ record: KafkaConsumedRecord?) {
            guard let record else { return }
            work.handled(before + all.prefix { $0.offset < record.offset }.count)
        }
        var records = all
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
                reached(records.first)
                let decision = policy.decide?(failed.cause, attempt(records, state))
                switch state.failed(decision, random: .random(in: 0..<1)) {
                case .retry(let delay): try await work.rest(delay)
                case .skip: return log(.warning, records, "passed over", failed.cause)
                case .stop(let flaw):
                    if let flaw { log(.error, records, "where the consumer stops: \(flaw)", failed.cause) }
                    throw error
                case .move(let step, let reason):
                    let moves = moves(of: records, to: step, reason, failed.cause, state, trace)
                    do {
                        return try await send(moves, failed.cause, trace, isLast: step.delay == nil)
                    } catch let failure as RecordMoveFailure {
                        reached(failure.record)
                        throw failure
                    }
                }
            }
        }
    }

    private func attempt(_ records: [KafkaConsumedRecord], _ state: FailureState) -> KafkaAttempt {
        let before = records.compactMap { history(of: $0, at: state.place)?.attemptSinceRedrive }.max() ?? 0
        return KafkaAttempt(
            number: MovedRecord.attempts(before, and: state.tries),
            inPlace: state.tries,
            retryTopic: state.place.stage,
            topic: state.place.topic
        )
    }

    /// How a record got to where it is; `nil` for one that wasn't moved there.
    private func history(of record: KafkaConsumedRecord, at place: RetryTopics.Place) -> MovedRecord? {
        trusts || place.stage > 0 ? record.moved : nil
    }

    private func moves(
        of records: [KafkaConsumedRecord],
        to step: RetryTopics.Step,
        _ reason: FailureState.Reason,
        _ cause: any Error,
        _ state: FailureState,
        _ trace: RecordTrace
    ) -> [RecordMove] {
        let now = Int64(Date.now.timeIntervalSince1970 * 1000)
        let due = step.delay.map { now + $0.wholeMilliseconds }
        let context = (trace.last as? SpanContext).flatMap { $0.isValid ? $0 : nil }
        return records.map { record in
            let history = history(of: record, at: state.place)
            let moved = MovedRecord(
                attempt: MovedRecord.attempts(history?.attempt ?? 0, and: state.tries),
                previous: context ?? history?.previous,
                reason: reason.rawValue,
                errorType: Self.errorType(cause),
                due: due,
                source: history?.source ?? record.ownSource,
                target: step.topic,
                redriven: history?.redriven
            )
            return RecordMove(record, to: step.topic, saying: moved)
        }
    }

    /// Returns when all records are in the next topic for certain.
    private func send(
        _ moves: [RecordMove],
        _ cause: any Error,
        _ trace: RecordTrace,
        isLast: Bool
    ) async throws {
        guard let producer, let first = moves.first else { return }
        let results = await producer.send(moves: moves) { observer?.begin($0, after: trace.last) }
        for (move, error) in zip(moves, results) {
            if let error { throw RecordMoveFailure(record: move.record, error: Self.failure(move, error)) }
        }
        if isLast { log(.warning, moves.map(\.record), "moved to '\(first.topic)'", cause) }
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
