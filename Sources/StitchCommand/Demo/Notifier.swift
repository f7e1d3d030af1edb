// SPDX-License-Identifier: Apache-2.0

import TracedJobs
import TracedKafka

/// Sends mail: works the jobs, and takes note of payments in batches.
struct Notifier: Sendable {
    let report: ProgressReport

    /// How many jobs are worked at a time.
    static let concurrency = 16

    /// How many payments are noted at a time, at the most.
    static let batchSize = 100

    /// Why a receipt can't be sent the first time.
    struct MailServerBusy: Error, CustomStringConvertible {
        var description: String { "the mail server is busy" }
    }

    func send(_ job: SendReceipt, _ attempt: JobAttempt) async throws {
        if attempt.number == 1 { throw MailServerBusy() }
        report.count { $0.done += 1 }
    }

    func request(_ job: RequestReview, _ attempt: JobAttempt) async throws {
        report.count { $0.done += 1 }
    }

    func note(_ payments: [KafkaConsumedRecord]) async throws {
        for payment in payments { _ = try payment.decode(Payment.self) }
        report.count { $0.paid += payments.count }
    }
}
