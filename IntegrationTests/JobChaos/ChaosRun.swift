// SPDX-License-Identifier: Apache-2.0

import ChaosJobs
import StitchPostgres
import Synchronization
import TracedJobs

/// One run: jobs are enqueued and worked on, while one fault comes after the other.
struct ChaosRun: Sendable {
    /// What is done to those who work.
    enum Fault: Sendable { case kill, terminate, crash, cut, stall }

    /// What was done, and what came of it.
    struct Outcome: Sendable {
        var history = JobHistory()
        var crew = JobMemberCrew.State()
        var terminated = 0
        var cuts = 0
        var stalls = 0
        var refused = 0
        var isDrained = false
        var seconds = 0.0
    }

    /// How long a worker may be silent.
    static let lease = Duration.seconds(1)

    let scale: ChaosScale
    private let server: ChaosServer
    private let clock = ChaosClock()
    private let proxies: [CuttableProxy]
    private let crew: JobMemberCrew
    private let log: EnqueueLog

    init(_ scale: ChaosScale, on server: ChaosServer, telemetry endpoint: String) throws {
        self.scale = scale
        self.server = server
        let port = server.port ?? 0
        let proxies = try (0..<(scale.members / 2)).map { _ in try CuttableProxy(to: port) }
        self.proxies = proxies
        log = EnqueueLog(scale, clock)
        let places = (0..<scale.members).map { number in
            var environment = [
                "POSTGRES_URL": server.url(port: number % 2 == 1 ? proxies[number / 2].port : nil),
                "OTEL_SERVICE_NAME": "chaos", "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "50",
                "OTEL_METRICS_EXPORTER": "none",
            ]
            // Some are in the past, some in the future.
            if number % 3 == 0 { environment["WRONG_CLOCK"] = number % 2 == 0 ? "-7200" : "86400" }
            return JobMemberCrew.Place(environment: environment)
        }
        crew = JobMemberCrew(places, lease: Self.lease, clock)
    }

    /// Does it all; no worker is left, however it ends.
    func run() async throws -> Outcome {
        do { return try await play() } catch {
            await crew.shutdown()
            throw error
        }
    }

    private func play() async throws -> Outcome {
        var chance = SeededGenerator(seed: scale.seed)
        var outcome = Outcome()
        let patient = try ChaosServer.pool(server.url(port: nil), named: "chaos-patient", connections: 1)
        let enqueuing = try ChaosServer.pool(server.url(port: nil), named: "chaos-enqueuer", connections: 8)
        let enqueuer = ChaosEnqueuer(jobs: try JobQueue(enqueuing), log: log)
        try crew.start()
        let faults = faults(using: &chance)
        try await withThrowingTaskGroup { beside in
            beside.addTask { [scale, log, chance = chance.split()] in
                var chance = chance
                await ChaosEnqueuer(jobs: try JobQueue(patient), log: log)
                    .enqueuePatiently(scale.patience, using: &chance)
            }
            for (index, fault) in faults.enumerated() {
                let (count, own) = (scale.jobs * (index + 1) / faults.count, chance.split())
                async let enqueued: Void = enqueue(until: count, by: enqueuer, using: own)
                await crew.begin(Int.random(in: 1...60, using: &chance), atMost: .seconds(1))
                try await cause(fault, using: &chance, &outcome, &beside)
                await enqueued
                if scale.isLong, (index + 1).isMultiple(of: max(1, faults.count / 10)) {
                    print(
                        "chaos: \(index + 1)/\(faults.count) faults, \(log.counts.committed) jobs, \(Int(clock.now)) s"
                    )
                }
            }
            try await beside.waitForAll()
        }
        outcome.isDrained = try await drain()
        await crew.shutdown()
        outcome.refused += try await server.completeLate()
        await enqueuing.shutdown()
        await patient.shutdown()
        for proxy in proxies { proxy.stop() }
        outcome.crew = crew.snapshot
        outcome.history.enqueued = log.plans
        outcome.history.events = outcome.crew.events
        try await outcome.history.readTables(server.pool, clock)
        outcome.seconds = clock.now
        return outcome
    }

    private func faults(using chance: inout SeededGenerator) -> [Fault] {
        var faults = Array(repeating: Fault.kill, count: scale.kills)
        faults += Array(repeating: .terminate, count: scale.terminations)
        faults += Array(repeating: .cut, count: scale.cuts) + Array(repeating: .stall, count: scale.stalls)
        faults.shuffle(using: &chance)
        // In the second half: they end the patient transaction too.
        for _ in 0..<scale.crashes {
            faults.insert(.crash, at: Int.random(in: faults.count / 2...faults.count, using: &chance))
        }
        return faults
    }

    /// Four do so at once, until there are so many.
    private func enqueue(until count: Int, by enqueuer: ChaosEnqueuer, using chance: SeededGenerator) async {
        var chance = chance
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask { [log, chance = chance.split()] in
                    var chance = chance
                    while log.counts.committed < count { await enqueuer.enqueue(using: &chance) }
                }
            }
        }
    }

    private func cause(
        _ fault: Fault,
        using chance: inout SeededGenerator,
        _ outcome: inout Outcome,
        _ beside: inout ThrowingTaskGroup<Void, any Error>
    ) async throws {
        switch fault {
        case .kill:
            // As many are killed as were asked for: each that was has another in its place in a moment.
            while !crew.killAny(using: &chance) { await crew.begin(1, atMost: .seconds(1)) }
        case .terminate:
            outcome.terminated += try await server.terminateBackend()
        case .crash:
            outcome.history.seenCompletions += try await JobHistory.completions(server.pool)
            outcome.history.crashes.append(clock.now)
            try await server.crash()
        case .cut:
            guard let proxy = proxies.randomElement(using: &chance) else { return }
            outcome.cuts += 1
            proxy.cut()
            beside.addTask {
                try await Task.sleep(for: Self.lease * 2.5)
                proxy.heal()
            }
        case .stall:
            outcome.refused += try await server.completeLate()
            guard let member = crew.busiest else { return }
            outcome.stalls += 1
            member.stop()
            let time = Self.lease * Double.random(in: 1.5...2.5, using: &chance)
            beside.addTask {
                try await Task.sleep(for: time)
                member.resume()
            }
        }
    }

    /// Waits until every job is finished; `false` if that takes too long.
    private func drain() async throws -> Bool {
        let end = clock.now + 60 + Double(scale.kills)
        while try await server.isBusy() {
            // What the workers say does not tell when the last end of an attempt has been written down.
            guard clock.now < end else { return false }
            try await Task.sleep(for: .milliseconds(100))
        }
        return true
    }
}

extension ChaosRun.Outcome {
    /// How many jobs there are.
    var jobs: Int { Set(history.tickets.map(\.number)).union(history.parked.map(\.number)).count }

    private func count(_ matches: (MemberEvent) -> Bool) -> Int { history.events.count { matches($0.event) } }

    /// What there was too little of to say that anything was tested: a text for each.
    func shortfalls(of scale: ChaosScale, _ check: JobHistoryCheck) -> [String] {
        let bounds: [(what: String, count: Int, least: Int)] = [
            ("jobs", jobs, scale.jobs), ("kills", crew.killed.count, scale.kills),
            ("crashes of the server", history.crashes.count, scale.crashes), ("cuts", cuts, scale.cuts),
            ("stalls", stalls, max(1, scale.stalls / 2)),
            ("backends ended", terminated, max(1, scale.terminations / 2)),
            // Each job that traps its process is dead only after five workers.
            ("traps", crew.traps, scale.poison),
            ("rescued jobs", history.notes.count { $0.outcome == 2 }, 5 * scale.poison),
            ("rescues that were told", count(\.isRescue), 1),
            // Whether a worker comes back in time to be late is up to chance, which a few stalls don't even out.
            ("late ends refused", count(\.isRefusal), scale.kills < 100 ? 0 : 1),
            ("late ends refused in the name of lost workers", refused, 1),
            ("completions seen before a crash", history.seenCompletions.count, 1),
            ("jobs looked at whether a lower priority passed them over", check.compared, scale.jobs / 100),
        ]
        return bounds.filter { $0.count < $0.least }.map { "\($0.count) \($0.what), and not \($0.least) or more" }
    }

    /// All that is to be known of a run, in a line.
    func summary(_ scale: ChaosScale, _ check: JobHistoryCheck) -> String {
        let counts: [(String, Int)] = [
            ("jobs", jobs),
            ("rolled back", history.enqueued.count { $0.fate == .rolledBack }),
            ("attempts", count { if case .began = $0 { true } else { false } }),
            ("kills", crew.killed.count), ("traps", crew.traps), ("backends ended", terminated),
            ("server crashes", history.crashes.count), ("half-open", cuts), ("stalled", stalls),
            ("rescued", history.notes.count { $0.outcome == 2 }),
            ("given back unbegun", history.notes.count { $0.outcome == 8 }),
            ("told by their rescuers", count(\.isRescue)), ("late completions refused", count(\.isRefusal)),
            ("more in the name of lost workers", refused), ("jobs that no lower priority passed over", check.compared),
            ("attempts whose claim a crash took", check.unwritten), ("lost alone with five workers", check.lostAlone),
            ("violations", check.violations.count),
        ]
        return "chaos: seed \(scale.seed), \(Int(seconds)) s: " + counts.map { "\($1) \($0)" }.joined(separator: ", ")
    }
}

extension MemberEvent {
    fileprivate var isRescue: Bool { if case .rescued = self { true } else { false } }
    fileprivate var isRefusal: Bool { if case .refused = self { true } else { false } }
}
