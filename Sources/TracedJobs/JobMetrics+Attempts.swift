// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import TelemetryAPI

extension JobMetrics {
    private typealias Attribute = MessagingConventions.Attribute

    /// An attempt begins.
    static func began(_ job: ClaimedJob, in context: SpanContext) {
        // By clocks that disagree it may be less than nothing.
        let meter = TelemetrySystem.meter
        guard meter.isRecording, let ready = job.wait.ready, ready >= .zero else { return }
        meter.histogram(readyWait).record(ready.inSeconds, in: context) {
            fill(&$0, job.attempt.queue, job.attempt.kind)
        }
    }

    /// An attempt ended.
    static func ended(_ job: ClaimedJob, _ verdict: AttemptVerdict, in context: SpanContext) {
        count(verdict.outcomeName, job.attempt.queue, job.attempt.kind, in: context)
    }

    /// An attempt was lost with its worker.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - known: The kinds that have a series of their own.
    static func lost(_ job: RescuedJob, _ known: some Collection<String>) {
        count("lost", job.queue, known.contains(job.kind) ? job.kind : Registration.unknownKind, in: job.lost?.context)
    }

    /// A job died because no worker knew its kind in time.
    static func diedUnknown(in queue: String) { count("dead", queue, Registration.unknownKind, in: nil) }

    private static func count(_ outcome: String, _ queue: String, _ kind: String, in context: SpanContext?) {
        let meter = TelemetrySystem.meter
        guard meter.isRecording else { return }
        meter.counter(attempts).add(1, in: context) {
            fill(&$0, queue, kind)
            $0[Attribute.jobOutcome] = .string(outcome)
        }
    }

    private static func fill(_ attributes: inout Attributes, _ queue: String, _ kind: String) {
        attributes[Attribute.jobQueue] = .string(queue)
        attributes[Attribute.jobKind] = .string(kind)
    }
}

extension AttemptVerdict {
    /// What the metric calls it.
    fileprivate var outcomeName: String {
        switch state {
        case .dead: "dead"
        case .cancelled: "cancelled"
        default: outcome.description
        }
    }
}
