// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchKafka
import StitchService
import Synchronization
import TelemetryAPI
import TelemetryData
import TraceContext

/// Makes the spans of what a consumer does by itself: `poll` and `commit`.
///
/// Works for the tracer and the meter that were current where the consumer was made.
final class ConsumerTracing: ConsumerObserver {
    private let records: RecordTracing
    private let makesPollSpans: Bool
    let processor: (any KafkaRecordProcessor)?
    private let telemetry: CapturedTelemetry
    private let polls = Atomic<Bool>(false)

    /// - Parameters:
    ///   - records: Makes the `process` spans.
    ///   - makesPollSpans: Whether records that are asked for get a `poll` span.
    ///   - processor: What `record.process` does; `nil` where the handler of each record is a span already.
    init(_ records: RecordTracing, makesPollSpans: Bool, processor: (any KafkaRecordProcessor)?) {
        self.records = records
        self.makesPollSpans = makesPollSpans
        self.processor = processor
        telemetry = CapturedTelemetry()
    }

    func companion(of topic: String) -> (any AnyObject & Sendable)? { records.target(of: [topic]) }

    func now() -> UInt64 { Timestamp.now.nanoseconds }

    func polled(_ records: [KafkaConsumedRecord], since start: UInt64, until end: UInt64) {
        polls.store(true, ordering: .relaxed)
        guard makesPollSpans else { return }
        self.records.poll(records, since: Timestamp(nanoseconds: start), until: Timestamp(nanoseconds: end))
    }

    func commit(_ topics: [String], _ body: () -> KafkaError?) -> KafkaError? {
        telemetry.with {
            let span = SettleSpan(records.target(of: topics))
            let error = body()
            if let error { span.fail(error, type: error.errorType) } else { span.end() }
            return error
        }
    }

    func ended() {
        guard polls.load(ordering: .relaxed), !records.hasProcessed else { return }
        Diagnostics.log(
            .info,
            "No record of the sequence of '\(records.group)' was processed, so its work has no spans: wrap it in "
                + "`record.process { … }`"
        )
    }
}
