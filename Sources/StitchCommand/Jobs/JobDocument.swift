// SPDX-License-Identifier: Apache-2.0

/// A job as programs get it.
struct JobDocument: Encodable {
    var id: Int64
    var queue: String
    var kind: String
    var priority: Int
    var state: String
    var reason: String?
    var attempt: Int
    var maximumAttempts: Int
    var losses: Int
    var createdAt: String?
    var runAt: String?
    var claimedAt: String?
    var finishedAt: String?
    var worker: String?
    /// The context that created the job.
    var trace: String?
    var span: String?
    /// Its data, which is JSON in itself; of a single job alone, as are its attempts.
    var payload: String?
    var attempts: [AttemptDocument]?

    init(_ job: JobRecord, payload: String? = nil, attempts: [AttemptRecord]? = nil) {
        id = job.id
        queue = job.queue
        kind = job.kind
        priority = job.priority
        state = job.state
        reason = job.reason
        attempt = job.attempt
        maximumAttempts = job.maximumAttempts
        losses = job.losses
        createdAt = job.createdAt.nanosecondText
        runAt = job.runAt.nanosecondText
        claimedAt = job.claimedAt?.nanosecondText
        finishedAt = job.finishedAt?.nanosecondText
        worker = job.worker
        trace = job.traceID
        span = job.spanID
        self.payload = payload
        self.attempts = attempts?.map { AttemptDocument($0) }
    }
}

/// An attempt as programs get it.
struct AttemptDocument: Encodable {
    var number: Int
    var outcome: String
    var error: String?
    var startedAt: String?
    var endedAt: String?
    var worker: String?
    var trace: String?
    var span: String?

    init(_ attempt: AttemptRecord) {
        number = attempt.number
        outcome = attempt.outcome
        error = attempt.error
        startedAt = attempt.startedAt?.nanosecondText
        endedAt = attempt.endedAt?.nanosecondText
        worker = attempt.worker
        trace = attempt.traceID
        span = attempt.spanID
    }
}
