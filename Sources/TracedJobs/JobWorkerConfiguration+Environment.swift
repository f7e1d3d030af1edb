// SPDX-License-Identifier: Apache-2.0

public import Foundation

extension JobWorkerConfiguration {
    /// Takes the settings that the environment has; what is empty is not set, and is as it would be by code.
    ///
    /// | variable | is |
    /// |---|---|
    /// | `STITCH_JOBS_QUEUES` | ``queues``, as `default=8,mail=2`; must be set |
    /// | `STITCH_JOBS_WORKER_NAME` | ``name`` |
    /// | `STITCH_JOBS_LEASE` | ``lease`` |
    /// | `STITCH_JOBS_FALLBACK_INTERVAL` | ``fallbackInterval`` |
    /// | `STITCH_JOBS_DRAIN` | ``drain`` |
    /// | `STITCH_JOBS_GRACE` | ``grace`` |
    /// | `STITCH_JOBS_ATTEMPT_LIMIT` | ``attemptLimit`` |
    /// | `STITCH_JOBS_MAXIMUM_LOSSES` | ``maximumLosses`` |
    ///
    /// Durations are whole milliseconds. White space around a value is left out. ``retry`` and ``continuation`` are set by
    /// code.
    ///
    /// - Parameter environment: The variables, those of the process unless told otherwise.
    /// - Throws: ``JobError/Code/invalidConfiguration`` for a value that can't be read, by the variable's name, and without
    ///   queues. What can be read and can't be used is refused by the worker.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) throws(JobError) {
        let variables = WorkerVariables(environment)
        self.init(queues: try variables.queues())
        name = variables.text(.name) ?? name
        lease = try variables.duration(.lease) ?? lease
        fallbackInterval = try variables.duration(.fallbackInterval) ?? fallbackInterval
        drain = try variables.duration(.drain) ?? drain
        grace = try variables.duration(.grace) ?? grace
        attemptLimit = try variables.duration(.attemptLimit) ?? attemptLimit
        maximumLosses = try variables.number(.maximumLosses) ?? maximumLosses
    }
}

/// The variables that say how a worker works.
struct WorkerVariables {
    enum Name: String, CaseIterable {
        case queues = "STITCH_JOBS_QUEUES"
        case name = "STITCH_JOBS_WORKER_NAME"
        case lease = "STITCH_JOBS_LEASE"
        case fallbackInterval = "STITCH_JOBS_FALLBACK_INTERVAL"
        case drain = "STITCH_JOBS_DRAIN"
        case grace = "STITCH_JOBS_GRACE"
        case attemptLimit = "STITCH_JOBS_ATTEMPT_LIMIT"
        case maximumLosses = "STITCH_JOBS_MAXIMUM_LOSSES"
    }

    private let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment }

    func text(_ name: Name) -> String? {
        let text = (environment[name.rawValue] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? nil : text
    }

    func number(_ name: Name) throws(JobError) -> Int? {
        guard let text = text(name) else { return nil }
        guard let number = Int(text) else { throw Self.unreadable(name, text, "a whole number") }
        return number
    }

    func duration(_ name: Name) throws(JobError) -> Duration? {
        guard let text = text(name) else { return nil }
        guard let number = Int64(text) else { throw Self.unreadable(name, text, "whole milliseconds, such as 30000") }
        return .milliseconds(number)
    }

    func queues() throws(JobError) -> [String: Int] {
        let form = "queues with the number of their jobs that run at once, such as default=8,mail=2"
        guard let text = text(.queues) else {
            throw JobError(.invalidConfiguration, "\(Name.queues.rawValue) is not set; a worker needs \(form)")
        }
        var queues: [String: Int] = [:]
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            // The name of a queue may hold a `=`, its number can't.
            guard let sign = entry.lastIndex(of: "="),
                let limit = Int(entry[entry.index(after: sign)...].trimmingCharacters(in: .whitespaces))
            else { throw Self.unreadable(.queues, text, form) }
            let name = entry[..<sign].trimmingCharacters(in: .whitespaces)
            guard queues.updateValue(limit, forKey: name) == nil else {
                throw JobError(.invalidConfiguration, "\(Name.queues.rawValue) names queue \"\(name)\" twice; once")
            }
        }
        return queues
    }

    private static func unreadable(_ name: Name, _ text: String, _ form: String) -> JobError {
        JobError(.invalidConfiguration, "\(name.rawValue) can't be read: \(text.debugDescription); it takes \(form)")
    }
}
