// SPDX-License-Identifier: Apache-2.0

import Stitch
import StitchPostgres
import TelemetryAPI
import TelemetryData
import TelemetrySDK
import TracedJobs

/// What one job costs the transaction that enqueues it, beside a bare INSERT of the same row into the same table.
struct EnqueueBenchmarks {
    let pool: PostgresPool
    let jobs: JobQueue

    private static let rounds = 7
    private static let insertion = """
        INSERT INTO stitch_benchmark.job (created_at, lane, kind, payload, max_attempts, trace_id, span_id, flags, carrier)
        VALUES (clock_timestamp(), $1, 1, $2, 20, '4bf92f35-77b3-4da6-a3ce-929d0e0e4736', 7, 1, '{"stitch": "o=1767225600000"}')
        """

    func run() async throws -> [Figure] {
        // A queue of its own, which nobody works on.
        let rows = try await pool.query("SELECT stitch_benchmark.lane(stitch_benchmark.queue_id('bare'), 1) AS lane")
        let lane: Int = try rows.first?.decode("lane") ?? 0
        return try await single(lane) + clients(lane)
    }

    // MARK: One client, without waiting for the disk

    private func single(_ lane: Int) async throws -> [Figure] {
        let payload = [UInt8](repeating: 7, count: 100)
        var rates: [String: [Double]] = [:]
        for _ in 0..<Self.rounds {
            rates["insert", default: []].append(
                try await rate { transaction in _ = try await transaction.execute(Self.insertion, lane, payload) }
            )
            rates["enqueue", default: []].append(
                try await rate { try await jobs.enqueue(JobBenchmarks.Work(number: 7), queue: "single", in: $0) }
            )
            let tracer = SDKTracer(
                resource: Resource(attributes: ["service.name": "bench"]),
                processor: BatchSpanProcessor(exporter: JobBenchmarks.DiscardingExporter())
            )
            TelemetrySystem.install(tracer)
            rates["traced", default: []].append(
                try await rate { try await jobs.enqueue(JobBenchmarks.Work(number: 7), queue: "single", in: $0) }
            )
            TelemetrySystem.install(NoOpTracer())
        }
        let medians = rates.mapValues { median($0) }
        let bare = medians["insert"] ?? .nan
        return [
            Figure(name: "jobs.insert_tx", value: bare, unit: .perSecond),
            Figure(name: "jobs.enqueue_tx_vs_insert", value: (medians["enqueue"] ?? .nan) / bare, unit: .ratio),
            Figure(name: "jobs.enqueue_tx_traced_vs_insert", value: (medians["traced"] ?? .nan) / bare, unit: .ratio),
        ]
    }

    private func rate(_ body: @escaping @Sendable (PostgresTransaction) async throws -> Void) async throws -> Double {
        let count = 1_000
        let elapsed = try await JobBenchmarks.seconds {
            for _ in 0..<count {
                try await pool.withTransaction { transaction in
                    try await transaction.execute("SET LOCAL synchronous_commit = off")
                    try await body(transaction)
                }
            }
        }
        return Double(count) / elapsed
    }

    // MARK: Eight clients, each commit on the disk

    private func clients(_ lane: Int) async throws -> [Figure] {
        let payload = [UInt8](repeating: 7, count: 100)
        var ratios: [Double] = []
        for _ in 0..<Self.rounds {
            let bare = try await commits { _ = try await pool.execute(Self.insertion, lane, payload) }
            let typed = try await commits {
                try await jobs.enqueue(JobBenchmarks.Work(number: 7), queue: "clients")
            }
            ratios.append(typed / bare)
        }
        return [Figure(name: "jobs.commits_8_clients_vs_insert", value: median(ratios), unit: .ratio)]
    }

    private func commits(_ body: @escaping @Sendable () async throws -> Void) async throws -> Double {
        let count = 1_000
        let elapsed = try await JobBenchmarks.seconds {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { for _ in 0..<count { try await body() } } }
                try await group.waitForAll()
            }
        }
        return Double(8 * count) / elapsed
    }
}
