// SPDX-License-Identifier: Apache-2.0

/// Ends of attempts as one statement says them: a mask for each receipt.
///
/// Pure: what is in it, and how it is said.
struct CompletionBatch: Sendable, Equatable {
    private struct Receipt: Sendable, Equatable {
        var claim: Int64
        var number: Int64
        /// Ones and zeros, a character for each job of the receipt.
        var mask: [UInt8]
    }

    let worker: Int64
    private var receipts: [Receipt] = []
    private var index: [Int64: Int] = [:]

    init(worker: Int64) { self.worker = worker }

    var isEmpty: Bool { receipts.isEmpty }

    /// Adds a job that this worker has claimed.
    mutating func add(_ place: ClaimedJob.Place) {
        let at: Int
        // Jobs of a receipt mostly end one after the other.
        if receipts.last?.number == place.receipt {
            at = receipts.count - 1
        } else if let known = index[place.receipt] {
            at = known
        } else {
            at = receipts.count
            index[place.receipt] = at
            receipts.append(
                Receipt(
                    claim: place.claim,
                    number: place.receipt,
                    mask: Array(repeating: UInt8(ascii: "0"), count: place.size)
                )
            )
        }
        guard receipts[at].mask.indices.contains(place.ordinal - 1) else { return }
        receipts[at].mask[place.ordinal - 1] = UInt8(ascii: "1")
    }

    var claims: [Int64] { receipts.map(\.claim) }
    var numbers: [Int64] { receipts.map(\.number) }
    var masks: [String] { receipts.map { String(decoding: $0.mask, as: UTF8.self) } }
}

/// The claims that a worker knows of: those that it waits for, and those with jobs whose end was not said yet.
///
/// What is leased to it beyond these comes from claims whose answers were lost.
struct HeldClaims: Sendable {
    private var awaited: Set<Int64> = []
    private var open: [Int64: Int] = [:]

    /// All of them.
    var all: [Int64] { Array(awaited.union(open.keys)) }

    mutating func begin(_ claim: Int64) { awaited.insert(claim) }

    /// A claim was answered, with so many jobs; or it failed, and what it leased, if it did, is not known.
    mutating func answered(_ claim: Int64, jobs: Int) {
        awaited.remove(claim)
        if jobs > 0 { open[claim, default: 0] += jobs }
    }

    /// The end of a job was said, and heard.
    mutating func ended(_ claim: Int64) {
        guard let count = open[claim] else { return }
        open[claim] = count > 1 ? count - 1 : nil
    }
}
