// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A lock with a condition that threads wait for, by a clock that nobody sets.
///
/// Foundation's waits by the system's clock: one that is set back makes a wait of a second one of hours, and a time that is
/// centuries away is a trap. Never used to wait on the cooperative pool.
///
/// `@unchecked Sendable`: both are the system's, which are made for many threads, and never move.
package final class MonotonicCondition: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// Waits are no longer: nobody waits for longer, and every clock can tell it.
    private static let longest = Duration.seconds(31_536_000)

    package init() {
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        #if canImport(Darwin)
        pthread_cond_init(condition, nil)
        #else
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
        #endif
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Does something with the lock held.
    package func withLock<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Wakes all who wait.
    package func broadcast() { pthread_cond_broadcast(condition) }

    /// Waits, with the lock held, until somebody wakes it, or for no reason.
    package func wait() { pthread_cond_wait(condition, mutex) }

    /// Waits, with the lock held, until somebody wakes it, for no reason, or until a moment.
    ///
    /// - Returns: Whether the moment is still to come.
    package func wait(until moment: ContinuousClock.Instant) -> Bool {
        let time = min(ContinuousClock.now.duration(to: moment), Self.longest)
        guard time > .zero else { return false }
        let (seconds, attoseconds) = time.components
        let nanoseconds = Int(attoseconds / 1_000_000_000)
        #if canImport(Darwin)
        var relative = timespec(tv_sec: Int(seconds), tv_nsec: nanoseconds)
        pthread_cond_timedwait_relative_np(condition, mutex, &relative)
        #else
        var end = timespec()
        clock_gettime(CLOCK_MONOTONIC, &end)
        end.tv_sec += Int(seconds)
        end.tv_nsec += nanoseconds
        if end.tv_nsec >= 1_000_000_000 {
            end.tv_sec += 1
            end.tv_nsec -= 1_000_000_000
        }
        pthread_cond_timedwait(condition, mutex, &end)
        #endif
        return ContinuousClock.now < moment
    }
}

extension ContinuousClock.Instant {
    /// So many seconds from now: none for what is no number, and a year for what is more.
    package static func after(seconds: Double) -> ContinuousClock.Instant {
        let year = 31_536_000.0
        return .now + .seconds(seconds > 0 ? min(seconds, year) : 0)
    }

    /// So long from now, at most a year.
    package static func after(_ time: Duration) -> ContinuousClock.Instant { .now + min(time, .seconds(31_536_000)) }
}
