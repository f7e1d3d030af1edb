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
    private var patience: SoloPatience
    /// Whether other jobs are to be claimed first, since one was claimed alone last.
    private var isOthersTurn = false

    /// Plans for queues.
    ///
    /// - Parameters:
    ///   - limits: The queues, each with the number of jobs that may run at once.
    ///   - patience: How long it waits to be empty for a job that is to be claimed alone, and has nothing beside that.
    init(limits: [String: Int], patience: Duration = .seconds(30)) {
        queues = limits.mapValues { Queue(limit: $0) }
        self.patience = SoloPatience(limit: patience)
    }

    /// How many jobs were claimed and have not ended.
    var heldCount: Int { queues.values.reduce(0) { $0 + $1.held } }

    /// What to claim, in a stable order; nothing if there is no room.
    var wishes: [Wish] {
        guard !patience.isAlone else { return [] }
        if let first = nextSolo {
            // Nothing else may be in the process with such a job.
            if heldCount == 0 { return [Wish(queue: first, count: 1, mode: .solo)] }
            guard patience.isPuttingOff else { return [] }
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

    /// The queue from which the next job is to be claimed alone, if it is the turn of one.
    private var nextSolo: String? { isOthersTurn ? nil : queues.filter(\.value.hasSolo).keys.min() }

    /// Time has passed since it was told last.
    mutating func passed(_ time: Duration) {
        patience.passed(time, isHeldUp: nextSolo != nil && heldCount > 0)
    }

    /// How long to wait at most although there is room; `nil` if nothing is waited for.
    var patienceLeft: Duration? { patience.remaining }

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
            patience.triedAlone(found: count > 0)
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
        // Then there is no other.
        if patience.isAlone { patience.ended() }
    }

    /// Jobs wait in these queues that are to be claimed alone.
    mutating func found(solo names: Set<String>) {
        for name in queues.keys { queues[name]?.hasSolo = names.contains(name) }
    }

    /// Decides after a round of claims.
    var next: Next {
        let mayHaveMore = wishes.contains { wish in
            guard let queue = queues[wish.queue] else { return false }
            // Others have one turn between two that are claimed alone.
            return wish.mode == .solo || queue.isLastFilled || queue.hasSolo && isOthersTurn
        }
        return mayHaveMore ? .claimAgain : .sleep
    }
}
