// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TracedJobs

@Suite("Completing many jobs at once")
struct CompletionBatchTests {
    private func place(_ receipt: Int64, _ ordinal: Int, of size: Int) -> ClaimedJob.Place {
        ClaimedJob.Place(worker: 1, claim: receipt * 10, receipt: receipt, size: size, ordinal: ordinal)
    }

    @Test("Each receipt has a mask of its jobs, in any order of their ends")
    func masks() {
        var batch = CompletionBatch(worker: 1)
        for place in [place(7, 3, of: 3), place(8, 1, of: 1), place(7, 1, of: 3)] { batch.add(place) }
        #expect(batch.numbers == [7, 8] && batch.claims == [70, 80])
        #expect(batch.masks == ["101", "1"])
    }

    @Test("A place outside of its receipt is no place")
    func outside() {
        var batch = CompletionBatch(worker: 1)
        batch.add(place(7, 4, of: 3))
        batch.add(place(7, 0, of: 3))
        #expect(batch.masks == ["000"])
    }

    @Test("A claim is held from before it is sent until the last of its jobs is said to have ended")
    func held() {
        var held = HeldClaims()
        held.begin(1)
        #expect(held.all == [1])
        held.answered(1, jobs: 2)
        held.ended(1)
        #expect(held.all == [1])
        held.ended(1)
        #expect(held.all.isEmpty)
        held.begin(2)
        held.answered(2, jobs: 0)
        #expect(held.all.isEmpty)
    }
}
