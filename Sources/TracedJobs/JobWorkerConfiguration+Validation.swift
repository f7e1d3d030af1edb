// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchPostgres

extension JobWorkerConfiguration {
    /// Each has a task of its own as long as the worker runs.
    private static let placeLimit = 10_000
    /// The largest number that a ticket holds, and some to spare.
    private static let lossLimit = 32_000
    /// Jobs of a worker that was lost wait for as long.
    private static let longestLease = Duration.seconds(86_400)

    /// Refuses what a worker can't work with.
    func validate() throws(JobError) {
        try require(!queues.isEmpty, "A worker needs a queue, such as queues: [\"default\": 8]")
        for (queue, limit) in queues.sorted(by: { $0.key < $1.key }) {
            try require(
                (1...Self.placeLimit).contains(limit) && !queue.isEmpty,
                "Queue \"\(queue)\" can't run \(limit) jobs at once; it needs a name, and 1 to \(Self.placeLimit)"
            )
        }
        for text in queues.keys.sorted() + [name] {
            try require(
                !text.utf8.contains(0),
                "A worker and its queues need names without NUL, not \(text.debugDescription)"
            )
        }
        try require(!name.isEmpty, "The worker's name is empty; it needs one that no other worker has")
        try require(
            lease >= .seconds(1) && lease <= Self.longestLease,
            "The worker's lease is \(lease); 1 s to \(Self.longestLease)"
        )
        try require(
            fallbackInterval >= .milliseconds(1),
            "The worker's fallbackInterval is \(fallbackInterval); 1 ms or longer"
        )
        for (name, time) in [("drain", drain), ("grace", grace)] {
            try require(time >= .zero, "The worker's \(name) is \(time); zero or longer")
        }
        try require(
            (1...Self.lossLimit).contains(maximumLosses),
            "The worker's maximumLosses is \(maximumLosses); 1 to \(Self.lossLimit)"
        )
        try require(
            attemptLimit.map { $0 > .zero } ?? true,
            "The worker's attemptLimit is \(attemptLimit ?? .zero); longer than zero, or nil"
        )
        if let listener {
            do throws(PostgresError) { _ = try PostgresPool(listener) } catch {
                throw JobError(.invalidConfiguration, "The worker's listener can't be used", cause: error)
            }
        }
        try retry.validate()
        try continuation.validate()
    }

    private func require(_ isRight: Bool, _ message: @autoclosure () -> String) throws(JobError) {
        if !isRight { throw JobError(.invalidConfiguration, message()) }
    }
}

extension ContinuationPolicy {
    /// Refuses what a rescuer could not decide by.
    func validate() throws(JobError) {
        guard case .automatic(let limit) = self, limit < .zero || limit > NewJob.longestDelay else { return }
        throw JobError(
            .invalidConfiguration,
            "A job can't continue its trace within \(limit); zero to 1000 years, or continueTrace"
        )
    }
}
