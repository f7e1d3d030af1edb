// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import StitchService
import Synchronization

/// Counts the records that were not delivered and whose senders don't know, until somebody is told.
final class UndeliveredRecords: Sendable {
    private struct Reason {
        var error: rd_kafka_resp_err_t
        var topic: String
        var count: Int
    }

    private struct State {
        var count = 0
        /// The first few, so that topics and errors without number take no room without bound.
        var reasons: [Reason] = []
    }

    /// Whether what is given up now is given up on purpose.
    private let isPurgeExpected = Atomic(false)

    private static let maximumReasons = 3

    private let producer: String
    private let state = Mutex(State())

    /// - Parameter producer: The producer's name, for what is logged.
    init(of producer: String) { self.producer = producer }

    /// Whether a record that was not delivered is lost, as its report comes, and not given up on purpose.
    func isLoss(_ error: rd_kafka_resp_err_t) -> Bool {
        let isPurge = error == RD_KAFKA_RESP_ERR__PURGE_QUEUE || error == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT
        return !(isPurge && isPurgeExpected.load(ordering: .relaxed))
    }

    /// A record was lost, and nobody looks.
    ///
    /// The first one of each of the first reasons is logged.
    ///
    /// - Parameters:
    ///   - error: Why it was not delivered.
    ///   - topic: Where it was to go.
    ///   - trouble: What stands behind that.
    func add(_ error: rd_kafka_resp_err_t, _ topic: String, behind trouble: BrokerTrouble?) {
        let isFirst = state.withLock { state in
            state.count += 1
            if let index = state.reasons.firstIndex(where: { $0.error == error && $0.topic == topic }) {
                state.reasons[index].count += 1
                return false
            }
            guard state.reasons.count < Self.maximumReasons else { return false }
            state.reasons.append(Reason(error: error, topic: topic, count: 1))
            return true
        }
        guard isFirst else { return }
        let attempt = "A record for the topic '\(topic)' that nobody waits for was not delivered"
        let failure = KafkaError(native: error, attempt, behind: trouble)
        Diagnostics.log(.error, failure.message, metadata: ["producer": producer])
    }

    /// Says whether records are about to be given up on purpose, as those of a transaction that is aborted.
    func expectPurge(_ isExpected: Bool) { isPurgeExpected.store(isExpected, ordering: .relaxed) }

    /// What nobody was told of so far, in one sentence; `nil` for nothing.
    var summary: String? {
        state.withLock { $0.count == 0 ? nil : Self.text($0, "") }
    }

    /// What nobody was told of so far, which somebody is now; `nil` for nothing.
    func take() -> KafkaError? {
        let taken = state.withLock { state in
            defer { state = State() }
            return state
        }
        guard taken.count > 0 else { return nil }
        return KafkaError(.undelivered, Self.text(taken, "; await the handles of enqueued records to know which"))
    }

    private static func text(_ state: State, _ advice: String) -> String {
        let reasons = state.reasons.map { reason in
            "\(reason.count) for '\(reason.topic)': \(ErrorName.ofProtocol(reason.error.name))"
        }
        let others = state.count - state.reasons.reduce(0) { $0 + $1.count }
        let all = (reasons + (others > 0 ? ["\(others) for other reasons"] : [])).joined(separator: ", ")
        let count = state.count == 1 ? "1 record" : "\(state.count) records"
        return "\(count) that nobody waited for could not be delivered (\(all))\(advice)"
    }
}
