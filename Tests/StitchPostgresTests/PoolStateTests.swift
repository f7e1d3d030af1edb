// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchPostgres

@Suite("A pool's decisions")
struct PoolStateTests {
    @Test("Connections are made up to the limit, then callers wait in order")
    func limit() {
        var pool = PoolState(limit: 2)
        #expect(pool.acquire(1) == .connect(1))
        #expect(pool.acquire(2) == .connect(2))
        #expect(pool.acquire(3) == nil)
        #expect(pool.acquire(4) == nil)
        #expect(pool.release(2, isReusable: true) == [.grant(3, .use(2))])
        #expect(pool.release(1, isReusable: true) == [.grant(4, .use(1))])
        #expect(pool.release(1, isReusable: true) == [])
        #expect(pool.release(2, isReusable: true) == [])
        #expect(pool.acquire(5) == .use(2))
    }

    @Test("A broken connection is closed, and who waits makes a new one in its place")
    func broken() {
        var pool = PoolState(limit: 1)
        #expect(pool.acquire(1) == .connect(1))
        #expect(pool.acquire(2) == nil)
        #expect(pool.release(1, isReusable: false) == [.close(1), .grant(2, .connect(2))])
        #expect(pool.release(2, isReusable: false) == [.close(2)])
        #expect(pool.acquire(3) == .connect(3))
    }

    @Test("Who gave up waiting gets nothing")
    func abandoned() {
        var pool = PoolState(limit: 1)
        _ = pool.acquire(1)
        _ = pool.acquire(2)
        _ = pool.acquire(3)
        #expect(pool.abandon(2) == true)
        #expect(pool.abandon(2) == false)
        #expect(pool.release(1, isReusable: true) == [.grant(3, .use(1))])
        #expect(pool.abandon(3) == false)
    }

    @Test("A shutdown refuses those who wait, closes what is idle, and is over when the last connection is back")
    func shutdown() {
        var pool = PoolState(limit: 2)
        _ = pool.acquire(1)
        _ = pool.acquire(2)
        _ = pool.acquire(3)
        #expect(pool.shutdown() == [.grant(3, .refused)])
        #expect(pool.acquire(4) == .refused)
        #expect(pool.release(1, isReusable: true) == [.close(1)])
        #expect(pool.release(2, isReusable: true) == [.close(2), .drained])
        #expect(pool.shutdown() == [])

        var idle = PoolState(limit: 1)
        _ = idle.acquire(1)
        _ = idle.release(1, isReusable: true)
        #expect(idle.shutdown() == [.close(1), .drained])
    }

    @Test("A connection that is given back twice counts once")
    func twice() {
        var pool = PoolState(limit: 1)
        _ = pool.acquire(1)
        #expect(pool.release(1, isReusable: true) == [])
        #expect(pool.release(1, isReusable: true) == [])
        #expect(pool.acquire(2) == .use(1))
        #expect(pool.acquire(3) == nil)
    }
}
