// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Foundation

/// What is asked of the brokers that lead partitions, or that keep a group.
///
/// One that has just ceased to do so refuses, and a client may not know yet who does it now: whoever asks for an offset meant
/// neither, so it is asked for again, for as long as an answer may take.
struct BrokerQueries {
    /// Who has the answer.
    enum Respondent { case leaders, coordinator }

    /// How long it takes until the next try: there may be nobody yet.
    private static let backoff = Duration.milliseconds(100)

    let respondent: Respondent
    let client: OpaquePointer
    let timeoutMilliseconds: Int32

    /// Asks until there is an answer, or a refusal that stays.
    ///
    /// Blocks.
    ///
    /// - Parameter ask: Asks once, for so many milliseconds.
    /// - Returns: The answer, or why there was none.
    func answer<Answer>(
        _ ask: (_ timeoutMilliseconds: Int32) -> Result<Answer, KafkaError>
    ) -> Result<Answer, KafkaError> {
        let deadline = ContinuousClock.now + .milliseconds(timeoutMilliseconds)
        while true {
            let answer = ask(Self.milliseconds(until: deadline))
            guard case .failure(let error) = answer, respondent.mayChange(error), .now + Self.backoff < deadline else {
                return answer
            }
            if respondent == .leaders { learnLeaders(Self.milliseconds(until: deadline)) }
            Thread.sleep(forTimeInterval: Self.backoff / .seconds(1))
        }
    }

    /// Has librdkafka ask who leads the partitions that it knows.
    private func learnLeaders(_ timeoutMilliseconds: Int32) {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        // The answer is ours to destroy; what matters is that librdkafka has read it.
        let code = rd_kafka_metadata(client, 0, nil, &metadata, timeoutMilliseconds)
        if code.isNone { rd_kafka_metadata_destroy(metadata) }
    }

    private static func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
        Int32(clamping: max(1, (deadline - .now).wholeMilliseconds))
    }
}

extension BrokerQueries.Respondent {
    /// Whether somebody else may answer, or the same one later.
    func mayChange(_ error: KafkaError) -> Bool {
        switch self {
        case .leaders: Self.refusalsOfLeaders.contains(error.errorType)
        case .coordinator: Self.refusalsOfCoordinators.contains(error.errorType)
        }
    }

    private static let refusalsOfLeaders: Set = [
        "NOT_LEADER_OR_FOLLOWER", "LEADER_NOT_AVAILABLE", "REPLICA_NOT_AVAILABLE", "FENCED_LEADER_EPOCH",
        "UNKNOWN_LEADER_EPOCH", "OFFSET_NOT_AVAILABLE", "KAFKA_STORAGE_ERROR", "_TRANSPORT",
    ]

    private static let refusalsOfCoordinators: Set = [
        "NOT_COORDINATOR", "COORDINATOR_NOT_AVAILABLE", "COORDINATOR_LOAD_IN_PROGRESS", "REQUEST_TIMED_OUT",
        "_TRANSPORT",
        "_WAIT_COORD",
    ]
}
