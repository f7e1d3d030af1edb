// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TelemetrySDK

@Suite("What became of spans")
struct SpanAccountsTests {
    @Test("What waits is due as a batch, and is given out in batches")
    func batches() {
        var accounts = SpanAccounts(batchSize: 2)
        accounts.add(1)
        #expect(!accounts.isDue)
        accounts.add(2)
        #expect(accounts.isDue && accounts.takeBatch() == 2)
        accounts.exported(lost: 0)
        #expect(!accounts.isDue && accounts.takeBatch() == 1)
        accounts.exported(lost: 0)
        #expect(accounts.takeBatch() == 0 && accounts.exported == 3)
    }

    @Test("A flush wants what had come by then, and no more; it is done when that has settled, exported or not")
    func flushTarget() {
        var accounts = SpanAccounts(batchSize: 2)
        accounts.add(1)
        #expect(!accounts.isDue)
        let target = accounts.want()
        accounts.add(2)
        #expect(target == 1 && accounts.isDue && accounts.takeBatch() == 2)
        #expect(accounts.settled < target)
        accounts.exported(lost: 2)
        #expect(accounts.settled >= target && !accounts.isDue)
    }

    @Test("Of a batch that was lost in part the rest counts as exported")
    func partialExport() {
        var accounts = SpanAccounts(batchSize: 10)
        accounts.add(5)
        _ = accounts.takeBatch()
        accounts.exported(lost: 2)
        #expect(accounts.exported == 3 && accounts.failed == 2)
    }

    @Test("What is given up is counted once, also when its export ends later after all")
    func abandonment() {
        var accounts = SpanAccounts(batchSize: 2)
        accounts.add(5)
        let target = accounts.want()
        _ = accounts.takeBatch()
        accounts.abandon()
        accounts.exported(lost: 0)
        #expect(accounts.settled >= target)
        #expect(accounts.exported == 0 && accounts.abandoned == 3 && accounts.failed == 2)
    }

    @Test("Drops are told as they double, and at the end")
    func dropReports() {
        var accounts = SpanAccounts(batchSize: 1)
        let told = (1...10).compactMap { accounts.dropsToReport($0) }
        #expect(told == [1, 2, 4, 8])
        #expect(accounts.dropsToReport(10, isLast: true) == 10)
        #expect(accounts.dropsToReport(10, isLast: true) == nil)
    }
}
