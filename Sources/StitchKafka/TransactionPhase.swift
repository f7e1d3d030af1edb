// SPDX-License-Identifier: Apache-2.0

/// Where a producer stands with its transactions; decides, and does nothing.
struct TransactionPhase {
    private enum Phase { case unprepared, idle, open }

    private var phase = Phase.unprepared
    private var isTaken = false

    /// Whether a transaction is open, or being made ready.
    var isBusy: Bool { isTaken }

    /// Whether a transaction was begun and has not ended.
    var isOpen: Bool { phase == .open }

    /// What has to be done before the body.
    enum Start: Equatable {
        /// Make transactions ready, then begin one.
        case prepare
        /// Begin one.
        case begin
        /// There is one already.
        case refused
    }

    /// Somebody wants a transaction.
    mutating func start() -> Start {
        guard !isTaken else { return .refused }
        isTaken = true
        return phase == .unprepared ? .prepare : .begin
    }

    /// Transactions are ready.
    mutating func prepared() { phase = .idle }

    /// One is open.
    mutating func opened() { phase = .open }

    /// It is over, or did not come to be.
    mutating func ended() {
        isTaken = false
        if phase == .open { phase = .idle }
    }
}
