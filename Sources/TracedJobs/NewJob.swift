// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A job on its way into the database, checked.
struct NewJob: Sendable {
    let queue: String
    let kind: String
    let payload: String
    let delay: Duration
    let maximumAttempts: Int

    init<Description: Job>(
        _ job: Description,
        _ queue: String,
        _ delay: Duration,
        _ maximumAttempts: Int
    ) throws(JobError) {
        let kind = Description.kind
        guard !queue.isEmpty, !kind.isEmpty else {
            throw JobError(
                .invalidConfiguration,
                "A job needs a queue and a kind: queue \"\(queue)\", kind \"\(kind)\""
            )
        }
        guard delay >= .zero, maximumAttempts >= 1 else {
            throw JobError(
                .invalidConfiguration,
                "A \(kind) job can't be enqueued after \(delay) for \(maximumAttempts) attempts; at least 0 and 1"
            )
        }
        let json: Data
        do { json = try JSONEncoder().encode(job) } catch {
            throw JobError(.invalidPayload, "The data of a \(kind) job can't be written as JSON", cause: error)
        }
        self.queue = queue
        self.kind = kind
        self.delay = delay
        self.maximumAttempts = maximumAttempts
        payload = String(decoding: json, as: UTF8.self)
    }
}
