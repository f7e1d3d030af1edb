// SPDX-License-Identifier: Apache-2.0

import StitchPostgres

/// What has to be done now and then, each in a transaction of its own, in this order; see `maintain()` in the schema.
enum MaintenanceStep: String, CaseIterable, Sendable {
    case room, fill, seal, pass, retire, drop, clear, forget, orders, move

    /// Whether it looks at so much that it is left out of most rounds.
    var isRare: Bool { self == .orders || self == .move }
}

extension JobStore {
    /// How often a step is called at most in one round, if there is always more to do.
    private static let maximumCalls = 100

    /// A round of what has to be done now and then.
    ///
    /// A step that fails keeps no other from being done.
    ///
    /// - Throws: ``JobError/Code/databaseFailed``: what the first step met that failed, after the others.
    func maintain(_ steps: [MaintenanceStep]) async throws(JobError) {
        let sql = "SELECT more FROM \(names["maintain"])($1)"
        var due = steps
        var failure: JobError?
        for _ in 1...Self.maximumCalls where !due.isEmpty && !Task.isCancelled {
            let answers = try await answered("Maintaining the job queue") { [self, due] () async throws in
                var batch = PostgresBatch()
                for step in due { try batch.add(sql, step.rawValue) }
                return try await database.withConnection { [batch] in try await $0.runEach(batch) }
            }
            var unfinished: [MaintenanceStep] = []
            for (step, answer) in zip(due, answers) {
                do {
                    if try answer.get().rows.first?.decode("more", as: Bool.self) == true { unfinished.append(step) }
                } catch {
                    let what = "Maintaining the job queue failed at the step \(step)"
                    failure = failure ?? JobError(.databaseFailed, what, cause: error)
                }
            }
            due = unfinished
        }
        if let failure { throw failure }
    }
}
