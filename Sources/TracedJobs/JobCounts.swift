// SPDX-License-Identifier: Apache-2.0

/// What a worker has done since it was made.
public struct JobCounts: Sendable, Hashable {
    /// Jobs that were done.
    public internal(set) var succeeded = 0

    /// Attempts that failed.
    public internal(set) var failed = 0

    /// Jobs that were put off, cancelled or discarded by their handlers.
    public internal(set) var steered = 0

    /// Jobs that were given back at a shutdown.
    public internal(set) var returned = 0

    /// Attempts whose end came too late: the lease had gone to another worker, and nothing was changed.
    public internal(set) var stale = 0

    /// Jobs that were taken from workers that no longer gave a sign of life.
    public internal(set) var rescued = 0
}
