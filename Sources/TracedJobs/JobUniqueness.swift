// SPDX-License-Identifier: Apache-2.0

/// Of which jobs there is one at a time, or one in each period.
///
/// A job has its key from when it is enqueued until it ends, or, with a period, until that is over unless it ends without
/// success; whoever enqueues another of the same key meanwhile gets the id of the first.
///
/// ```swift
/// // Once an hour at most.
/// let enqueued = try await jobs.enqueue(RebuildIndex(), unique: JobUniqueness(.arguments, period: .seconds(3600)))
/// if !enqueued.isNew { … }
/// ```
public struct JobUniqueness: Sendable, Hashable {
    /// What two jobs of a kind have to have in common.
    public enum Key: Sendable, Hashable {
        /// The data of the job.
        case arguments
        /// This text.
        case text(String)
    }

    /// How a job ends.
    public enum Ending: Sendable, Hashable, CaseIterable {
        /// It was done.
        case succeeded
        /// Nobody wanted it any more.
        case cancelled
        /// It can't be done.
        case discarded
        /// It failed too often, and waits for somebody to revive it.
        case dead
    }

    /// What two jobs of a kind have to have in common.
    public var key: Key

    /// There is one job in each period of this length, by the database's clock, counted from 1970; `nil` for one at a time.
    ///
    /// It counts from when it is enqueued, and when it has succeeded too, unless ``keptAfter`` says otherwise.
    public var period: Duration?

    /// Ends after which the job keeps its key: until the period is over, or for as long as it can be looked up.
    ///
    /// `nil` for none without a period, and for success with one; one that was cancelled, discarded or is dead makes room
    /// for another then.
    public var keptAfter: Set<Ending>?

    /// One job of this key.
    ///
    /// - Parameters:
    ///   - key: What two jobs of a kind have to have in common.
    ///   - period: One job in each period; one at a time unless given.
    ///   - keptAfter: Ends after which the job keeps its key; with a period success unless given, without one none.
    public init(_ key: Key, period: Duration? = nil, keptAfter: Set<Ending>? = nil) {
        self.key = key
        self.period = period
        self.keptAfter = keptAfter
    }

    /// As the table of keys says it.
    var keptBits: Int {
        (keptAfter ?? (period == nil ? [] : [.succeeded])).reduce(0) { bits, ending in
            switch ending {
            case .succeeded: bits | 1
            case .cancelled: bits | 2
            case .discarded: bits | 4
            case .dead: bits | 8
            }
        }
    }
}

/// Which of the jobs of a queue are claimed first.
public enum JobPriority: Int, Sendable, Hashable, CaseIterable {
    /// Before all others.
    case urgent = 0
    /// As nearly all are.
    case normal = 1
    /// After those.
    case low = 2
    /// When there is nothing else, or now and then, so that none waits for ever.
    case bulk = 3
}

/// A job that was enqueued, or the one that had its key already.
public struct EnqueuedJob: Sendable, Hashable {
    /// The job.
    public var id: JobID

    /// Whether it was enqueued now.
    public var isNew: Bool
}
