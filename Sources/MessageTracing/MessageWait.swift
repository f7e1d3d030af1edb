// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// How long a message waited before somebody worked on it, and what for.
public struct MessageWait: Sendable, Hashable {
    /// The whole wait.
    ///
    /// Negative when the clocks of sender and receiver disagree.
    public var total: Duration

    /// What was asked for: a job enqueued for later.
    public var scheduled: Duration?

    /// The wait for a free worker, once it could have run.
    public var ready: Duration?

    /// The wait between a failed attempt and this one.
    public var backoff: Duration?

    /// A wait and, where known, its parts.
    public init(total: Duration, scheduled: Duration? = nil, ready: Duration? = nil, backoff: Duration? = nil) {
        self.total = total
        self.scheduled = scheduled
        self.ready = ready
        self.backoff = backoff
    }

    /// The wait from a message's timestamp until now.
    public init(since created: Timestamp, now: Timestamp = .now) {
        self.init(total: now.duration(since: created))
    }

    func fill(_ attributes: inout some AttributeSetting & ~Copyable) {
        typealias Attribute = MessagingConventions.Attribute
        // A message from the future is told as what it is, rather than as no wait at all.
        if total < .zero {
            attributes[Attribute.clockSkew] = .double((.zero - total).seconds)
        } else {
            attributes[Attribute.wait] = .double(total.seconds)
        }
        attributes.set(Attribute.waitScheduled, scheduled?.seconds)
        attributes.set(Attribute.waitReady, ready?.seconds)
        attributes.set(Attribute.waitBackoff, backoff?.seconds)
    }
}

extension Duration {
    /// The duration in seconds, as attributes have it.
    var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
