// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import Synchronization

/// A worker as the database knows it, until it leaves or is given up.
final class Registration: Sendable {
    /// What a job is called whose kind this worker does not know.
    static let unknownKind = "unknown"

    let worker: Int64
    /// Numbers of the queues by name.
    let queues: [String: Int32]
    /// Names of the kinds by number.
    let kinds: [Int32: String]
    /// On which channel it hears of new jobs.
    let channel: String

    private struct Names: Hashable {
        var queue: String
        var kind: Int32
    }

    private struct State {
        var lastClaim: Int64 = 0
        var held = HeldClaims()
    }

    private let targets: [Names: MessageTarget]
    private let state = Mutex(State())

    init(worker: Int64, queues: [String: Int32], kinds: [Int32: String], channel: String) {
        self.worker = worker
        self.queues = queues
        self.kinds = kinds
        self.channel = channel
        var targets: [Names: MessageTarget] = [:]
        for queue in queues.keys {
            for (number, kind) in kinds {
                targets[Names(queue: queue, kind: number)] = .jobs(queue: queue, kind: kind)
            }
        }
        self.targets = targets
    }

    func target(queue: String, kind: Int32) -> MessageTarget {
        targets[Names(queue: queue, kind: kind)] ?? .jobs(queue: queue, kind: Self.unknownKind)
    }

    /// The claims that it knows of, and the last that it has begun: of those behind it nothing is said.
    var knownClaims: (held: [Int64], last: Int64) { state.withLock { ($0.held.all, $0.lastClaim) } }

    /// A number for the next claim, which counts as held from now on.
    func beginClaim() -> Int64 {
        state.withLock { state in
            state.lastClaim += 1
            state.held.begin(state.lastClaim)
            return state.lastClaim
        }
    }

    func claimAnswered(_ claim: Int64, jobs: Int) { state.withLock { $0.held.answered(claim, jobs: jobs) } }

    func ended(_ claim: Int64) { state.withLock { $0.held.ended(claim) } }
}
