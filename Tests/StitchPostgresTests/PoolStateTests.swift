// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchPostgres

@Suite("A pool's decisions")
struct PoolStateTests {
    private let start = ContinuousClock.now

    @Test("Connections are made up to the limit, then callers wait in order")
    func limit() {
        var pool = PoolState(.init(connections: 2))
        #expect(pool.acquire(1, at: start) == .connect(1))
        #expect(pool.acquire(2, at: start) == .connect(2))
        #expect(pool.acquire(3, at: start) == nil)
        #expect(pool.acquire(4, at: start) == nil)
        #expect(pool.release(2, isReusable: true, at: start) == [.grant(3, .use(2))])
        #expect(pool.release(1, isReusable: true, at: start) == [.grant(4, .use(1))])
        #expect(pool.release(1, isReusable: true, at: start) == [])
        #expect(pool.release(2, isReusable: true, at: start) == [])
        #expect(pool.acquire(5, at: start) == .use(2))
    }

    @Test("A broken connection is closed, and who waits makes a new one in its place")
    func broken() {
        var pool = PoolState(.init(connections: 1))
        #expect(pool.acquire(1, at: start) == .connect(1))
        #expect(pool.acquire(2, at: start) == nil)
        #expect(pool.release(1, isReusable: false, at: start) == [.close(1), .grant(2, .connect(2))])
        #expect(pool.release(2, isReusable: false, at: start) == [.close(2)])
        #expect(pool.acquire(3, at: start) == .connect(3))
    }

    @Test("Who finds its connection dead makes another one in the same place, before all who wait")
    func reconnected() {
        var pool = PoolState(.init(connections: 1))
        #expect(pool.acquire(1, at: start) == .connect(1))
        pool.didConnect(1, expires: start + .seconds(60))
        #expect(pool.release(1, isReusable: true, at: start) == [])
        #expect(pool.acquire(2, at: start) == .use(1))
        #expect(pool.acquire(3, at: start) == nil)
        pool.willReconnect(1)
        pool.didConnect(1, expires: start + .seconds(120))
        #expect(pool.leased == [1] && pool.waiters == [3])
        // Of the new one's age, not of the old one's.
        #expect(pool.release(1, isReusable: true, at: start + .seconds(60)) == [.grant(3, .use(1))])
        pool.willReconnect(1)
        #expect(pool.release(1, isReusable: false, at: start + .seconds(60)) == [.close(1)])
        #expect(pool.acquire(4, at: start) == .connect(2))
    }

    @Test("When one that was idle is silent, the others that are idle are closed, those in use are not")
    func discarded() {
        var pool = PoolState(.init(connections: 4, check: .zero))
        for id in 1...4 { #expect(pool.acquire(id, at: start) == .connect(id)) }
        for id in 1...3 { #expect(pool.release(id, isReusable: true, at: start) == []) }
        #expect(pool.acquire(5, at: start) == .check(3))
        #expect(pool.discardIdle() == [.close(1), .close(2)])
        #expect(pool.idleCount == 0 && pool.leased == [3, 4])
        #expect(pool.acquire(6, at: start) == .connect(5))
        #expect(pool.acquire(7, at: start) == .connect(6))
        #expect(pool.acquire(8, at: start) == nil)
    }

    @Test("After a failure connecting waits twice as long each time, up to a second, and not after a success")
    func pace() {
        var pace = ConnectPace()
        #expect(pace.next == nil)
        var waits: [Duration] = []
        for second in 0..<7 {
            let now = start + .seconds(second)
            pace.failed(begun: now, at: now, share: 1)
            // One that was under way at the same time.
            pace.failed(begun: now - .milliseconds(1), at: now + .milliseconds(1), share: 1)
            waits.append(pace.next.map { now.duration(to: $0) } ?? .zero)
        }
        #expect(waits == [50, 100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
        pace.succeeded()
        #expect(pace.next == nil)
        pace.failed(begun: start, at: start, share: 0)
        #expect(pace.next == start + .milliseconds(25))
    }

    @Test("Who gave up waiting gets nothing")
    func abandoned() {
        var pool = PoolState(.init(connections: 1))
        _ = pool.acquire(1, at: start)
        _ = pool.acquire(2, at: start)
        _ = pool.acquire(3, at: start)
        #expect(pool.abandon(2) == true)
        #expect(pool.abandon(2) == false)
        #expect(pool.release(1, isReusable: true, at: start) == [.grant(3, .use(1))])
        #expect(pool.abandon(3) == false)
    }

    @Test("A shutdown refuses those who wait, closes what is idle, and is over when the last connection is back")
    func shutdown() {
        var pool = PoolState(.init(connections: 2))
        _ = pool.acquire(1, at: start)
        _ = pool.acquire(2, at: start)
        _ = pool.acquire(3, at: start)
        #expect(pool.shutdown() == [.grant(3, .refused)])
        #expect(pool.acquire(4, at: start) == .refused)
        #expect(pool.release(1, isReusable: true, at: start) == [.close(1)])
        #expect(pool.release(2, isReusable: true, at: start) == [.close(2), .drained])
        #expect(pool.shutdown() == [])

        var idle = PoolState(.init(connections: 1))
        _ = idle.acquire(1, at: start)
        _ = idle.release(1, isReusable: true, at: start)
        #expect(idle.shutdown() == [.close(1), .drained])
    }

    @Test("A connection that is given back twice counts once")
    func twice() {
        var pool = PoolState(.init(connections: 1))
        _ = pool.acquire(1, at: start)
        #expect(pool.release(1, isReusable: true, at: start) == [])
        #expect(pool.release(1, isReusable: true, at: start) == [])
        #expect(pool.acquire(2, at: start) == .use(1))
        #expect(pool.acquire(3, at: start) == nil)
    }

    @Test("No more callers wait than may")
    func full() {
        var pool = PoolState(.init(connections: 1, waiters: 1))
        #expect(pool.acquire(1, at: start) == .connect(1))
        #expect(pool.acquire(2, at: start) == nil)
        #expect(pool.acquire(3, at: start) == .full)
        #expect(pool.abandon(2) == true)
        #expect(pool.acquire(4, at: start) == nil)
        #expect(pool.release(1, isReusable: true, at: start) == [.grant(4, .use(1))])
    }

    @Test("What was unused for too long is closed, what was used lately is kept, and it is known when to look again")
    func idle() {
        var pool = PoolState(.init(connections: 2, idle: .seconds(10)))
        _ = pool.acquire(1, at: start)
        _ = pool.acquire(2, at: start)
        #expect(pool.nextExpiry == nil)
        _ = pool.release(1, isReusable: true, at: start)
        _ = pool.release(2, isReusable: true, at: start + .seconds(3))
        #expect(pool.nextExpiry == start + .seconds(10))
        #expect(pool.expire(at: start + .seconds(9)) == [])
        #expect(pool.acquire(3, at: start + .seconds(9)) == .use(2))
        #expect(pool.expire(at: start + .seconds(10)) == [.close(1)])
        #expect(pool.nextExpiry == nil)
        _ = pool.release(2, isReusable: true, at: start + .seconds(11))
        #expect(pool.nextExpiry == start + .seconds(21))
    }

    @Test("A connection that is too old is closed when it comes back or while it is idle, and a waiter makes a new one")
    func lifetime() {
        var pool = PoolState(.init(connections: 1))
        _ = pool.acquire(1, at: start)
        pool.didConnect(1, expires: start + .seconds(60))
        #expect(pool.release(1, isReusable: true, at: start + .seconds(59)) == [])
        #expect(pool.nextExpiry == start + .seconds(60))
        #expect(pool.acquire(2, at: start + .seconds(59)) == .use(1))
        #expect(pool.acquire(3, at: start + .seconds(59)) == nil)
        let actions = pool.release(1, isReusable: true, at: start + .seconds(60))
        #expect(actions == [.close(1), .grant(3, .connect(2))])
        pool.didConnect(2, expires: start + .seconds(120))
        _ = pool.release(2, isReusable: true, at: start + .seconds(61))
        #expect(pool.expire(at: start + .seconds(120)) == [.close(2)])
        #expect(pool.acquire(4, at: start + .seconds(120)) == .connect(3))
    }

    @Test("What was not used for a while is to be checked first")
    func check() {
        var pool = PoolState(.init(connections: 1, check: .seconds(30)))
        _ = pool.acquire(1, at: start)
        _ = pool.release(1, isReusable: true, at: start)
        #expect(pool.acquire(2, at: start + .seconds(29)) == .use(1))
        _ = pool.release(1, isReusable: true, at: start + .seconds(30))
        #expect(pool.acquire(2, at: start + .seconds(60)) == .check(1))
    }
}
