// SPDX-License-Identifier: Apache-2.0

import MessageTracing
public import TelemetryAPI

/// What workers measure of jobs and of their queues, beside what is measured of every message.
///
/// How long jobs waited in all, how long work on them took, and how many came is in the metrics of messages, by
/// `{queue}/{kind}`. Each measurement here has `stitch.job.queue`, those of attempts `stitch.job.kind` as well: kinds that
/// the worker has no handler for are `unknown`, so that there are never more series than queues and handlers.
public enum JobMetrics {
    /// How many jobs of a queue are in a state, `stitch.job.state`: `ready`, `running`, `scheduled`, `unknown_kind` (they wait
    /// for a worker that knows it) or `dead`.
    ///
    /// Read from the database with every heartbeat, of each queue that the worker takes jobs from. All workers of a queue
    /// say the same: take the largest, not the sum. What is ready is counted up to a million for each priority.
    public static let queueDepth = Gauge.Description(
        "stitch.job.queue.depth",
        unit: "{job}",
        description: "How many jobs of a queue are in a state."
    )

    /// How long the job of a queue has been ready that has been so for longest; 0 where none is.
    public static let oldestReady = Gauge.Description(
        "stitch.job.queue.oldest",
        unit: "s",
        description: "How long the job of a queue has been ready that has been so for longest."
    )

    /// How long jobs were ready before a worker took them: the wait without what was asked for and without back-off.
    public static let readyWait = Histogram.Description(
        "stitch.job.ready_wait",
        unit: "s",
        description: "How long jobs were ready before a worker took them.",
        boundaries: MessagingConventions.Boundaries.wait
    )

    /// Attempts that ended, by `stitch.job.outcome`: `succeeded`, `failed` (to be tried again), `dead` (not any more; of the
    /// kind `unknown` those that were never made, since no worker knew the kind in time),
    /// `snoozed`, `cancelled`, `discarded`, `returned` (given back at a shutdown) or `lost` (with its worker, as told by who
    /// rescued the job).
    public static let attempts = Counter.Description(
        "stitch.job.attempts",
        unit: "{attempt}",
        description: "Attempts at jobs that ended, by their outcome."
    )

    /// Ends of attempts that had no effect, because the lease had gone to another worker.
    ///
    /// They are counted in ``attempts`` too, as what their worker took them for.
    public static let stale = Counter.Description(
        "stitch.job.stale",
        unit: "{attempt}",
        description: "Ends of attempts that came too late, and had no effect."
    )
}
