// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import TraceContext

/// An attempt that has ended, and what is to be said of it.
struct EndedAttempt: Sendable {
    let place: ClaimedJob.Place
    let verdict: AttemptVerdict
    let jobID: JobID
    let queue: String
    /// Whether it can't be completed along with others.
    let isSpecial: Bool
    /// The attempt's span; `nil` if it never began.
    let span: SpanContext?
    /// Where success does not say it all.
    let settlement: SettleSpan?

    init(_ job: ClaimedJob, _ verdict: AttemptVerdict, span: SpanContext?) {
        place = job.place
        self.verdict = verdict
        jobID = job.attempt.jobID
        queue = job.attempt.queue
        isSpecial = job.isSpecial
        self.span = span
        settlement = verdict.settlement.map {
            SettleSpan(job.target, messageID: job.attempt.jobID.description, attempt: span, reason: $0)
        }
    }

    /// Whether it can be completed along with others.
    var isPlainSuccess: Bool { verdict.outcome == .succeeded && !isSpecial }
}
