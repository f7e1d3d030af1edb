// SPDX-License-Identifier: Apache-2.0

import StitchPostgres

/// Claims.
extension JobStore {
    /// Claims jobs of a queue, and returns those that it got, in their order.
    func claim(
        _ wish: ClaimPlan.Wish,
        _ number: Int64,
        as worker: Registration,
        reservingIDs: Bool
    ) async throws(JobError) -> [ClaimedJob] {
        guard let queue = worker.queues[wish.queue] else { return [] }
        let sql = """
            SELECT \(names["claim"])($1::bigint, $2::bigint, $3::integer, $4::integer, $5::bigint, $6::bytea, $7::integer,
                $8::integer) AS count
            """
        let fetch = """
            SELECT \(FetchedColumn.list) FROM \(names["fetch_jobs"])($1::bigint, $2::bigint) ORDER BY no, ord
            """
        let claim = ClaimedJob.Claim(
            worker: worker.worker,
            number: number,
            queue: wish.queue,
            kinds: worker.kinds(in: wish.queue)
        )
        return try await answered("Claiming jobs") { [self] () async throws in
            // One round trip, and a transaction each: no lane is held while rows are on their way.
            var batch = PostgresBatch()
            let ids = reservingIDs ? ReservedBlock(of: wish.count) : nil
            let (mode, first) = (wish.mode.rawValue, wish.firstPriority)
            try batch.add(sql, worker.worker, number, queue, wish.count, ids?.root, ids?.spans, mode, first)
            try batch.add(fetch, worker.worker, number)
            let answers = try await database.withConnection { [batch] in try await $0.runEach(batch) }
            guard answers.count == 2, try answers[0].get().rows.first?.decode("count", as: Int.self) != 0 else {
                return []
            }
            return try answers[1].get().map { row throws(PostgresError) in try ClaimedJob(row, of: claim) }
        }
    }
}

/// The ids of a claim's attempts, random and none of them 0: the first half of the traces, and a span each.
private struct ReservedBlock {
    let root: Int64
    let spans: [UInt8]

    init(of count: Int) {
        // Only the first two from the system: each of those is a call of the kernel, which for each job is noticed.
        var random = SplitMix(seed: .random(in: .min ... .max))
        root = Int64(bitPattern: .random(in: .min ... .max) | 1)
        spans = Array(unsafeUninitializedCapacity: 8 * count) { buffer, size in
            for index in 0..<count {
                let bits = random.next() | 1
                UnsafeMutableRawBufferPointer(buffer).storeBytes(of: bits, toByteOffset: 8 * index, as: UInt64.self)
            }
            size = 8 * count
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): numbers that don't come twice for as long as anybody asks.
private struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
        return bits ^ bits >> 31
    }
}
