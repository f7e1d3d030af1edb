// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import TracedJobs

struct SendReceipt: Job, Equatable {
    static let kind = "send_receipt"
    var orderID: Int
}

struct Bounced: Error {}

/// Where one task waits until another says so.
struct Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(of: Void.self) }

    func open() { continuation.yield() }

    /// Returns when the gate was opened, or when the task is cancelled.
    func pass() async {
        for await _ in stream { return }
    }
}

extension JobQueue {
    /// A column of a job as text.
    func column(_ expression: String, of job: JobID) async throws -> String? {
        try await database.query("SELECT (\(expression))::text AS value FROM stitch.jobs WHERE id = $1", job.rawValue)
            .first?.decode("value")
    }

    /// How the attempts at a job ended, in order.
    func outcomes(of job: JobID) async throws -> [String] {
        try await database.query("SELECT outcome FROM stitch.attempts WHERE job_id = $1 ORDER BY id", job.rawValue)
            .map { try $0.decode("outcome") }
    }

    /// Moves the test's clock.
    func advanceClock(by time: Duration) async throws {
        _ = try await database.query(
            "SELECT stitch.advance_clock(stitch.now() + $1::float8 * interval '1 second')::text",
            Double(time.components.seconds)
        )
    }
}
