// SPDX-License-Identifier: Apache-2.0

import ChaosJobs
import Dispatch
import Synchronization

/// Workers in processes of their own, each in the place of one that has ended, and all that they said.
final class JobMemberCrew: Sendable {
    /// What a place has: whoever works there has these.
    struct Place: Sendable {
        var environment: [String: String] = [:]
    }

    struct State {
        var members: [Int: JobMemberProcess] = [:]
        var events: [JobHistory.Event] = []
        var begun = 0
        /// How many attempts each of them is making.
        var running: [String: Int] = [:]
        var started = 0
        /// Names of those that were killed or killed themselves.
        var lost: Set<String> = []
        var killed: Set<String> = []
        var traps = 0
        /// Ended by themselves, though nobody wanted that.
        var gaveUp: [String] = []
        var isClosing = false
        var waiters: [(begun: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var closed: CheckedContinuation<Void, Never>?
    }

    private let places: [Place]
    private let lease: Duration
    private let clock: ChaosClock
    private let state = Mutex(State())

    init(_ places: [Place], lease: Duration, _ clock: ChaosClock) {
        self.places = places
        self.lease = lease
        self.clock = clock
    }

    /// Starts them all.
    func start() throws { for place in places.indices { try start(at: place) } }

    var snapshot: State { state.withLock { $0 } }

    /// Kills one that is there and was not killed before; returns whether there was one.
    func killAny(using chance: inout SeededGenerator) -> Bool {
        // By the place, so that a chance comes again.
        let living = state.withLock { state in
            state.members.filter { !state.killed.contains($1.name) }.sorted { $0.key < $1.key }.map(\.value)
        }
        guard let member = living.randomElement(using: &chance) else { return false }
        kill(member)
        return true
    }

    /// The one that is making the most attempts.
    var busiest: JobMemberProcess? {
        state.withLock { state in
            state.members.values.max { state.running[$0.name, default: 0] < state.running[$1.name, default: 0] }
        }
    }

    private func kill(_ member: JobMemberProcess) {
        state.withLock { _ = $0.killed.insert(member.name) }
        member.kill()
    }

    /// Waits until so many more attempts have begun, or for so long.
    func begin(_ count: Int, atMost time: Duration) async {
        let target = state.withLock { $0.begun } + count
        let alarm = DispatchWorkItem { [self] in wake(target) }
        DispatchQueue.global().asyncAfter(
            deadline: .now() + .milliseconds(Int(time.components.seconds * 1000)),
            execute: alarm
        )
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.begun < target { state.waiters.append((target, continuation)) }
                return state.begun >= target
            }
            if isThere { continuation.resume() }
        }
        alarm.cancel()
    }

    /// Asks all to end, and waits for it.
    func shutdown() async {
        let members = state.withLock { state in
            state.isClosing = true
            return state.members.values
        }
        for member in members {
            member.resume()
            member.terminate()
        }
        let alarm = DispatchWorkItem { for member in members { member.kill() } }
        DispatchQueue.global().asyncAfter(deadline: .now() + 30, execute: alarm)
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.members.isEmpty { state.closed = continuation }
                return state.members.isEmpty
            }
            if isOver { continuation.resume() }
        }
        alarm.cancel()
    }

    private func start(at place: Int) throws {
        let name = state.withLock { state in
            state.started += 1
            return "member-\(state.started)"
        }
        var environment = places[place].environment
        environment["OTEL_RESOURCE_ATTRIBUTES"] = "service.instance.id=\(name)"
        let member = try JobMemberProcess(name, lease: lease, environment: environment) { [self] time, event in
            hear(name, time, event)
        } ended: { [self] status, wasSignalled in
            ended(name, at: place, status, wasSignalled)
        }
        let isLate = state.withLock { state in
            state.members[place] = member
            return state.isClosing
        }
        if isLate { member.terminate() }
    }

    private func hear(_ name: String, _ time: UInt64, _ event: MemberEvent) {
        let ready = state.withLock { state in
            state.events.append(JobHistory.Event(time: clock.seconds(time), member: name, event: event))
            if case .ended = event { state.running[name, default: 0] -= 1 }
            guard case .began = event else { return [] as [CheckedContinuation<Void, Never>] }
            state.running[name, default: 0] += 1
            state.begun += 1
            return state.takeWaiters { [begun = state.begun] in $0 <= begun }
        }
        for waiter in ready { waiter.resume() }
    }

    private func wake(_ target: Int) {
        let ready = state.withLock { $0.takeWaiters { $0 == target } }
        for waiter in ready { waiter.resume() }
    }

    private func ended(_ name: String, at place: Int, _ status: Int32, _ wasSignalled: Bool) {
        let (startsAnother, closed) = state.withLock { state in
            state.members[place] = nil
            if wasSignalled {
                state.lost.insert(name)
                if !state.killed.contains(name) { state.traps += 1 }
            } else if !state.isClosing {
                state.gaveUp.append("\(name) (status \(status))")
            }
            defer { if state.isClosing, state.members.isEmpty { state.closed = nil } }
            return (!state.isClosing, state.isClosing && state.members.isEmpty ? state.closed : nil)
        }
        closed?.resume()
        if startsAnother { try? start(at: place) }
    }
}

extension JobMemberCrew.State {
    fileprivate mutating func takeWaiters(_ matches: (Int) -> Bool) -> [CheckedContinuation<Void, Never>] {
        let ready = waiters.filter { matches($0.begun) }.map(\.continuation)
        waiters.removeAll { matches($0.begun) }
        return ready
    }
}
