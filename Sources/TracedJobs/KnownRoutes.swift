// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import Synchronization
import TelemetryAPI
import TraceContext

/// The numbers of a queue and a kind, as tickets have them.
struct JobRoute: Sendable, Hashable {
    let queue: Int32
    let kind: Int32
    /// Which making of the schema they are of: numbers mean nothing in another.
    let era: Int64

    /// The lane of a priority, as the SQL function of the name says.
    func lane(_ priority: JobPriority) -> Int32 { queue * 8 + Int32(priority.rawValue) }
}

/// What was found out of queues and kinds before, so that enqueueing need not do it each time.
///
/// Bounded: a program that makes up names without end looks some of them up anew.
final class KnownRoutes: Sendable {
    private struct Names: Hashable {
        var queue: String
        var kind: String
    }

    private static let limit = 1000

    private let routes = Mutex<[Names: JobRoute]>([:])
    private let targets = Mutex<[Names: MessageTarget]>([:])

    /// What spans say of the jobs.
    func target(queue: String, kind: String, baggage: BaggagePolicy) -> MessageTarget {
        let names = Names(queue: queue, kind: kind)
        if let known = targets.withLock({ $0[names] }) { return known }
        let target = MessageTarget.jobs(queue: queue, kind: kind, baggage: baggage)
        targets.withLock { targets in
            if targets.count >= Self.limit { targets = [:] }
            targets[names] = target
        }
        return target
    }

    subscript(queue: String, kind: String) -> JobRoute? {
        get { routes.withLock { $0[Names(queue: queue, kind: kind)] } }
        set {
            routes.withLock { routes in
                if routes.count >= Self.limit { routes = [:] }
                routes[Names(queue: queue, kind: kind)] = newValue
            }
        }
    }
}
