// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import TelemetryAPI
import TelemetryData
import TraceContext

/// An attempt that has ended, and what is to be said of it.
struct EndedAttempt: Sendable {
    let place: ClaimedJob.Place
    let verdict: AttemptVerdict
    let jobID: JobID
    let queue: String
    /// Whether it can't be completed along with others.
    private let isSpecial: Bool
    /// The attempt's span; `nil` if it never began.
    let span: OpenSpan?
    /// Whether its ids have to be written down with its end, success or not, since they were not before it began.
    let writesSpan: Bool
    /// Whether whoever takes the job away makes the attempt's span, from ids that were written down before it began.
    private let isToldByRescuer: Bool
    /// Where no handler knows its kind.
    let unknown: SettledJob?
    /// Where success does not say it all.
    let settlement: SettleSpan?

    /// The span of an attempt that has ended, before it is known whether that counts.
    struct OpenSpan: Sendable {
        let context: SpanContext
        private let process: ProcessSpan
        private let time: Timestamp

        init(_ process: ProcessSpan, _ context: SpanContext, endedAt time: Timestamp) {
            (self.process, self.context, self.time) = (process, context, time)
        }

        func end() { process.end(at: time) }
    }

    /// - Parameters:
    ///   - job: The job.
    ///   - verdict: What is to become of it.
    ///   - span: The attempt's span; `nil` if it never began.
    ///   - isOrderedToStop: Whether somebody wanted it stopped: a wish that is gone with the end of the job, if that is said
    ///     of the job by itself.
    init(_ job: ClaimedJob, _ verdict: AttemptVerdict, span: OpenSpan?, isOrderedToStop: Bool = false) {
        place = job.place
        self.verdict = verdict
        jobID = job.attempt.jobID
        unknown = verdict.outcome == .left ? SettledJob(job) : nil
        queue = job.attempt.queue
        isSpecial = job.isSpecial || isOrderedToStop
        self.span = span
        writesSpan = job.reservedIDs == nil && span?.context.isValid == true && TelemetrySystem.tracer.isEnabled
        settlement = verdict.settlement.map {
            SettleSpan(job.target, messageID: job.attempt.jobID.description, attempt: span?.context, reason: $0)
        }
        isToldByRescuer = job.reservedIDs != nil
    }

    /// Ends the span of the attempt and that of what became of the job, unless the job was taken away: then those of whoever
    /// took it are in their place.
    func endSpans(wasTaken: Bool) {
        if wasTaken && isToldByRescuer { return }
        span?.end()
        settlement?.end()
    }

    /// Whether it can be completed along with others.
    var isPlainSuccess: Bool { verdict.outcome == .succeeded && !isSpecial && !writesSpan }
}
