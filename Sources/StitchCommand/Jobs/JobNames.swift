// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import TracedJobs

/// The names of queues and kinds that a database knows, so that a mistyped one is told.
enum JobNames {
    /// What there are names of, as its table is called.
    enum Subject: String {
        case queue, kind
    }

    /// Refuses names that nobody has used.
    static func check(_ names: [String?], of subject: Subject, in jobs: JobQueue) async throws {
        let names = names.compactMap { $0 }
        guard !names.isEmpty else { return }
        let known: [String] = try await jobs.database
            .query("SELECT name FROM \(jobs.named(subject.rawValue)) ORDER BY name LIMIT 10000")
            .map { row throws(PostgresError) in try row.decode("name") }
        for name in names where !known.contains(name) {
            throw CommandError.failure("there is no \(subject) '\(name)'; \(hint(name, known, subject))")
        }
    }

    private static func hint(_ name: String, _ known: [String], _ subject: Subject) -> String {
        if let near = Suggestion.nearest(to: name, among: known) { return "did you mean '\(near)'?" }
        if known.isEmpty { return "no job was enqueued yet" }
        let rest = known.count > 10 ? " and \((known.count - 10).grouped) more" : ""
        return "there are " + known.prefix(10).joined(separator: ", ") + rest
    }
}
