// SPDX-License-Identifier: Apache-2.0

/// Decides what a worker claims next, from what it holds already and from how its claims went.
///
/// Has no clock and does no I/O.
struct ClaimPlan: Sendable {
    /// How many jobs of a queue are wanted, and how they are claimed.
    struct Wish: Sendable, Equatable {
        enum Mode: Int, Sendable { case ordinary, guardsAgainstStarvation, solo }

        var queue: String
        var count: Int
        var mode = Mode.ordinary
        /// The priority to begin at.
        var firstPriority = 0
    }

    /// What to do after a round of claims.
    enum Next: Sendable, Equatable {
        /// There may be more: claim again.
        case claimAgain
        /// Nothing is left to claim, or there is no room: sleep.
        case sleep
    }

    /// What is known of a queue.
    private struct Queue: Sendable {
        let limit: Int
        /// Jobs that were claimed and have not ended.
        var held = 0
        /// How many are claimed beyond those that can run at once, so that fast handlers need not wait for the next claim.
        var ahead = 0
        /// How many claims in a row were filled: lower priorities may have been passed by as often.
        var filled = 0
        var isLastFilled = false
        /// Whether jobs wait that are to be claimed alone.
        var hasSolo = false
    }

    /// Never more in one claim: its receipt and its answer are made in memory.
    static let maximumBatch = 512
    /// Never more ahead: one claim can be on its way while the jobs of another are done.
    static let maximumAhead = 2 * maximumBatch
    /// After how many filled claims in a row one begins at a lower priority.
    static let fairnessTurn = 8
    /// Claims that follow each other faster than this are made larger, others smaller.
    private static let wantedInterval = Duration.milliseconds(20)

    private var queues: [String: Queue]
    private var turn = 0
    /// The queue of a job that was claimed alone and may yet take the process with it.
    private(set) var solo: String?
    /// Whether other jobs are to be claimed first, since one was claimed alone last.
    private var isOthersTurn = false

    /// Plans for queues, each with the number of jobs that may run at once.
    init(limits: [String: Int]) {
        queues = limits.mapValues { Queue(limit: $0) }
    }

    /// How many jobs were claimed and have not ended.
    var heldCount: Int { queues.values.reduce(0) { $0 + $1.held } }

    /// What to claim, in a stable order; nothing if there is no room.
    var wishes: [Wish] {
        guard solo == nil else { return [] }
        let alone = queues.filter(\.value.hasSolo).keys.sorted()
        if let first = alone.first, !isOthersTurn {
            // Nothing else may be in the process with such a job.
            return heldCount == 0 ? [Wish(queue: first, count: 1, mode: .solo)] : []
        }
        return queues.sorted { $0.key < $1.key }.compactMap { name, queue in
            let room = min(queue.limit + queue.ahead - queue.held, Self.maximumBatch)
            // A place is free, or so many are that a claim is worth it.
            guard
                room > 0,
                queue.held < queue.limit || room == Self.maximumBatch || room * 2 >= queue.limit + queue.ahead
            else { return nil }
            guard queue.filled >= Self.fairnessTurn - 1 else { return Wish(queue: name, count: room) }
            return Wish(queue: name, count: room, mode: .guardsAgainstStarvation, firstPriority: 1 + turn % 3)
        }
    }

    /// A claim was answered.
    ///
    /// - Parameters:
    ///   - count: How many jobs came.
    ///   - wish: What was wanted.
    ///   - interval: How long ago the claim before was answered.
    mutating func claimed(_ count: Int, of wish: Wish, interval: Duration) {
        guard var queue = queues[wish.queue] else { return }
        defer { queues[wish.queue] = queue }
        queue.held += count
        isOthersTurn = wish.mode == .solo && count > 0
        switch wish.mode {
        case .solo:
            // There may be more; who finds none waits for the next heartbeat.
            queue.hasSolo = count > 0
            if count > 0 { solo = wish.queue }
            queue.isLastFilled = true
            return
        case .guardsAgainstStarvation:
            turn += 1
            queue.filled = 0
            queue.isLastFilled = true
            return
        case .ordinary:
            queue.isLastFilled = count >= wish.count
            queue.filled = queue.isLastFilled ? queue.filled + 1 : 0
        }
        if interval > Self.wantedInterval * 4 {
            queue.ahead /= 2
        } else if queue.isLastFilled, interval < Self.wantedInterval {
            queue.ahead = min(max(queue.ahead * 2, queue.limit), Self.maximumAhead)
        }
    }

    mutating func ended(in queue: String) {
        queues[queue]?.held -= 1
        if solo == queue { solo = nil }
    }

    /// Jobs wait in these queues that are to be claimed alone.
    mutating func found(solo names: Set<String>) {
        for name in queues.keys { queues[name]?.hasSolo = names.contains(name) }
    }

    /// A job that was claimed alone has run for so long that it will not take the process with it at once.
    mutating func trustSolo() { solo = nil }

    /// Decides after a round of claims.
    var next: Next {
        let wanted = Set(wishes.map(\.queue))
        return queues.contains { wanted.contains($0.key) && ($0.value.isLastFilled || $0.value.hasSolo) }
            ? .claimAgain : .sleep
    }
}
