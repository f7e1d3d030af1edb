// SPDX-License-Identifier: Apache-2.0

/// What a pool does now, and has done since it was set up.
public struct PostgresPoolStatistics: Sendable, Hashable {
    /// How many connections are in use, those that are being made included.
    public var leased = 0

    /// How many connections wait for somebody to use them.
    public var idle = 0

    /// How many callers wait for a connection.
    public var waiting = 0

    /// How many connections were made.
    public var opened = 0

    /// How many connections could not be made.
    public var failed = 0

    /// How many connections were closed: broken, too old, unused for too long, or at the shutdown.
    public var closed = 0

    /// How often a connection was handed out.
    public var acquired = 0

    /// How many callers waited in vain until their time was over.
    public var timedOut = 0

    /// How many callers were refused because too many waited already.
    public var refused = 0

    /// How long callers that got a connection have waited for it, added up.
    public var waited = Duration.zero
}
