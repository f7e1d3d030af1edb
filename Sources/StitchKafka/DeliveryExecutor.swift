// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
import Dispatch
import Synchronization

/// Lets tasks that prefer it go on, on the thread that gets a producer's delivery reports.
///
/// Lives for as long as a task prefers it. Once the producer's thread has ended, what is left runs elsewhere.
final class DeliveryExecutor: TaskExecutor {
    private enum Phase {
        /// The thread is at work, and looks for more to run before it waits.
        case works
        /// The thread waits for reports, or is about to.
        case waits
        case over
    }

    private struct State {
        var jobs: [UnownedJob] = []
        var phase = Phase.works
        /// Makes the thread stop waiting.
        var wake: @Sendable () -> Void = {}
    }

    private let state = Mutex(State())

    // What the thread itself lets go on: it alone looks at it, so it needs no lock. Unchecked, since each report that is waited
    // for adds to it.
    @exclusivity(unchecked) nonisolated(unsafe) private var own: [UnownedJob] = []
    // The thread's number, which has 32 bits; none has the greatest of 64.
    private let thread = Atomic<UInt64>(.max)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent { return own.append(job) }
        let isOver = state.withLock { state in
            guard state.phase != .over else { return true }
            state.jobs.append(job)
            if state.phase == .waits {
                state.phase = .works
                state.wake()
            }
            return false
        }
        if isOver { runElsewhere(job) }
    }

    // MARK: What the thread calls

    /// Whether it is called by a task that prefers it, or by what the thread does.
    var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt64(stitch_thread_number()) }

    /// The thread begins, and says how it is woken; what came before waits for its first look.
    func begin(wake: @escaping @Sendable () -> Void) {
        thread.store(UInt64(stitch_thread_number()), ordering: .relaxed)
        state.withLock { $0.wake = wake }
    }

    /// Runs what has come.
    ///
    /// - Parameter room: Where it is kept meanwhile, the same at each call.
    /// - Returns: Whether the thread may wait now: whatever comes later wakes it.
    func run(in room: inout [UnownedJob]) -> Bool {
        room.removeAll(keepingCapacity: true)
        swap(&own, &room)
        state.withLock { state in
            room += state.jobs
            state.jobs.removeAll(keepingCapacity: true)
            if room.isEmpty { state.phase = .waits }
        }
        for job in room { job.runSynchronously(on: asUnownedTaskExecutor()) }
        return room.isEmpty
    }

    /// It waits no more, and need not be woken.
    func stopWaiting() { state.withLock { $0.phase = .works } }

    /// The thread ends.
    func end() {
        thread.store(.max, ordering: .relaxed)
        let jobs = state.withLock { state in
            state.phase = .over
            state.wake = {}
            defer { state.jobs = [] }
            return state.jobs
        }
        for job in own + jobs { runElsewhere(job) }
        own = []
    }

    private func runElsewhere(_ job: UnownedJob) {
        DispatchQueue.global().async { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
