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

    /// A kind of job, as one of the queues has it.
    struct Kind: Sendable {
        var name: String
        var target: MessageTarget

        static func unknown(in queue: String) -> Kind {
            Kind(name: Registration.unknownKind, target: .jobs(queue: queue, kind: Registration.unknownKind))
        }
    }

    private struct State {
        var lastClaim: Int64 = 0
        var held = HeldClaims()
    }

    private let kindsByQueue: [String: [Int32: Kind]]
    private let state = Mutex(State())

    init(worker: Int64, queues: [String: Int32], kinds: [Int32: String], channel: String) {
        self.worker = worker
        self.queues = queues
        self.kinds = kinds
        self.channel = channel
        kindsByQueue = queues.keys.reduce(into: [:]) { result, queue in
            result[queue] = kinds.mapValues { Kind(name: $0, target: .jobs(queue: queue, kind: $0)) }
        }
    }

    /// The kinds that the worker knows, as a queue has them.
    func kinds(in queue: String) -> [Int32: Kind] { kindsByQueue[queue] ?? [:] }

    /// Claims as they are at one moment.
    struct Claims: Sendable {
        /// Those that the worker knows of.
        var held: [Int64]
        /// The newest that was begun: what comes after it nobody has looked at.
        var latest: Int64
    }

    /// The claims as they are now.
    var claims: Claims { state.withLock { Claims(held: $0.held.all, latest: $0.lastClaim) } }

    /// A number for the next claim, which counts as held from now on.
    func beginClaim() -> Int64 {
        state.withLock { state in
            state.lastClaim += 1
            state.held.begin(state.lastClaim)
            return state.lastClaim
        }
    }

    func claimAnswered(_ claim: Int64, jobs: Int) { state.withLock { $0.held.answered(claim, jobs: jobs) } }

    /// The ends of jobs were said, and heard; a claim for each.
    func ended(_ claims: [Int64]) {
        state.withLock { state in
            for claim in claims { state.held.ended(claim) }
        }
    }
}
