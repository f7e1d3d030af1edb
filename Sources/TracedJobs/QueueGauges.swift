// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchPostgres
import StitchService
import TelemetryAPI

/// Measures how deep a worker's queues are.
///
/// Reads them from the database in the rhythm of the heartbeat, however often somebody asks for the metrics, and not at all
/// where nobody measures. Of all workers of a queue one counts, and the others report the same. Beside the heart, which must
/// not wait for what may take long in deep queues.
struct QueueGauges: Sendable {
    let database: PostgresPool
    let names: JobSchema
    let configuration: JobWorkerConfiguration

    private typealias Attribute = MessagingConventions.Attribute

    /// Measures until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            await measure(within: configuration.lease / 3)
            try? await Task.sleep(for: configuration.lease / 3)
        }
    }

    /// Measures once; what fails is told, and tried again the next time.
    ///
    /// - Parameter time: How old what another worker has counted may be; it is counted here unless given.
    func measure(within time: Duration? = nil) async {
        guard TelemetrySystem.meter.isRecording else { return }
        let source = names[time == nil ? "stats_of" : "measured"]
        let within = time.map { "\($0.inSeconds) seconds" }
        let sql = """
            SELECT queue, ready, running, scheduled, unknown_kind, dead,
                extract(epoch FROM \(names["now"])() - oldest_ready)::float8 AS oldest
            FROM \(source)($1::text[]\(within == nil ? "" : ", $2::text::interval"))
            """
        let queues = configuration.queues.keys.sorted()
        do {
            let rows =
                if let within { try await database.query(sql, queues, within) } else {
                    try await database.query(sql, queues)
                }
            for row in rows { try record(row) }
        } catch {
            guard !Task.isCancelled else { return }
            Diagnostics.log(.warning, "The queues of \(configuration.name) could not be measured: \(error)")
        }
    }

    private func record(_ row: PostgresRow) throws(PostgresError) {
        let meter = TelemetrySystem.meter
        let queue: String = try row.decode("queue")
        for state in ["ready", "running", "scheduled", "unknown_kind", "dead"] {
            meter.gauge(JobMetrics.queueDepth).record(try row.decode(state, as: Int.self)) {
                $0[Attribute.jobQueue] = .string(queue)
                $0[Attribute.jobState] = .string(state)
            }
        }
        let oldest: Double? = try row.decode("oldest")
        meter.gauge(JobMetrics.oldestReady).record(max(oldest ?? 0, 0)) { $0[Attribute.jobQueue] = .string(queue) }
    }
}
