// SPDX-License-Identifier: Apache-2.0

import ChaosJobs
import TraceFlow

/// What happened to the jobs of one run, from those who enqueued, from the workers, and from the tables at the end.
///
/// Times are seconds of one clock that nobody sets.
struct JobHistory: Sendable {
    /// A job as it was enqueued.
    struct Enqueued: Sendable {
        enum Fate: Sendable, Hashable {
            /// The transaction was committed: this was known by then.
            case committed(by: Double)
            case rolledBack
            /// The connection was lost before the answer came.
            case unknown
            /// There was one of its key already.
            case duplicate
        }

        var job: ChaosJob
        var queue = "default"
        var priority = 1
        var key: String?
        /// When it was sent, and for how long it was put off.
        var sent = 0.0
        var delay = 0.0
        var fate = Fate.unknown
    }

    /// What a worker said.
    struct Event: Sendable {
        var time: Double
        var member: String
        var event: MemberEvent
    }

    /// A ticket, with the claims that it is in and their number for it.
    struct Ticket: Sendable {
        var seq: Int64
        var job: Int64
        var number: Int
        var queue: Int
        var priority: Int
        var isSolo = false
        var attempt = 1
        var losses = 0
        var claims: [Place] = []
    }

    /// A place in a claim, from 1.
    struct Place: Sendable, Hashable {
        var claim: Int64
        var ordinal: Int
    }

    /// A receipt.
    struct Claim: Sendable {
        enum Mode: Int, Sendable { case ordinary, guardsAgainstStarvation, solo, none }

        var no: Int64
        var worker: Int64
        var queue: Int
        var priority: Int
        var mode: Mode
        /// How many tickets it says it got.
        var count: Int
        /// When the server took the statement in that claimed.
        var began: Double?
    }

    /// A completion: these of a receipt, or all of it.
    struct Completion: Sendable, Hashable {
        var claim: Int64
        var ordinals: [Int]?
        var count: Int
    }

    /// How an attempt ended otherwise.
    struct Note: Sendable {
        // As outcome_name() numbers them: 0 succeeded, 1 failed, 2 lost, 3 snoozed, …
        var outcome: Int
        var seq: Int64
        var worker: String?
        var isFinal = false
        /// The job, and the span that the attempt has.
        var job: Int64 = 0
        var span: SpanReference?
    }

    /// A job that is parked.
    struct Parked: Sendable {
        enum State: Int, Sendable { case scheduled, dependent, unknownKind, dead, cancelled }

        var job: Int64
        var number: Int
        var state: State
        var attempt = 1
        var losses = 0
    }

    var enqueued: [Enqueued] = []
    var events: [Event] = []
    var tickets: [Ticket] = []
    var claims: [Claim] = []
    var completions: [Completion] = []
    var notes: [Note] = []
    var parked: [Parked] = []
    var openLeases = 0
    /// Completions that somebody else saw before the server crashed.
    var seenCompletions: [Completion] = []
    /// When the server crashed: claims that it had not written down are made once more.
    var crashes: [Double] = []
    /// States of some jobs as the view has them.
    var viewedStates: [Int64: String] = [:]
}
