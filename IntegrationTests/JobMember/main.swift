// SPDX-License-Identifier: Apache-2.0

// Works on the jobs of the history check until it is killed or its standard input ends, and says on standard output
// what it does (`MemberEvent`). The database is `POSTGRES_URL`, its name the first argument, its lease in milliseconds
// the second.

import CWrongClock
import ChaosJobs
import Foundation
import Stitch
import StitchPostgres
import StitchService
import TracedJobs

/// At once and whole, since a process that is killed writes nothing more.
@Sendable func say(_ event: MemberEvent) {
    let line = event.line() + "\n"
    _ = line.utf8.withContiguousStorageIfAvailable { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

struct Failure: Error {}

// By an hour or more, if the environment says so: the functions that tell the time are replaced in this program.
wrong_clock_begin()

// Whoever started it holds the other end: it does not outlive that.
Thread.detachNewThread {
    var byte: UInt8 = 0
    while read(STDIN_FILENO, &byte, 1) > 0 {}
    _exit(0)
}

Diagnostics.setHandler { diagnostic in
    let words = diagnostic.message.split(separator: " ")
    if diagnostic.message.contains("no longer had job"), words.count > 6,
        let job = Int64(words[6])
    {
        say(.refused(job: job))
    } else if diagnostic.message.contains("was lost with worker"), words.count > 1, let job = Int64(words[1]) {
        say(.rescued(job: job))
    } else {
        say(.told("\(diagnostic.source) \(diagnostic.level): \(diagnostic.message)"))
    }
}

var database = try PostgresConfiguration()
database.applicationName = "chaos-member"
// A connection that is cut half-open is given up by these.
database.connectTimeout = .seconds(2)
database.statementTimeout = .seconds(3)
database.listenerCheck = .seconds(1)
let pool = try PostgresPool(database)

var configuration = JobWorkerConfiguration(queues: ["default": 8, "side": 2])
configuration.name = CommandLine.arguments[1]
configuration.lease = .milliseconds(Int(CommandLine.arguments[2]) ?? 1000)
configuration.fallbackInterval = .milliseconds(500)
configuration.drain = .seconds(5)
configuration.retry = RetryPolicy(initialDelay: .milliseconds(20), factor: 1, maximumDelay: .milliseconds(20))

let worker = try JobWorker(JobQueue(pool), configuration).handle(ChaosJob.self) { job, attempt in
    let made = MemberEvent.Attempt(
        number: job.number,
        job: attempt.jobID.rawValue,
        attempt: attempt.number,
        losses: attempt.losses
    )
    say(.began(made))
    precondition(!job.isPoison, "a job that takes its process with it")
    if job.nap > 0 {
        do { try await Task.sleep(for: .milliseconds(job.nap)) } catch {
            say(.ended(made, .stopped))
            throw error
        }
    }
    if attempt.number <= job.failures {
        say(.ended(made, .failed))
        throw Failure()
    }
    if job.snoozes, Bool.random() {
        say(.ended(made, .snoozed))
        throw JobControl.snooze(.milliseconds(20))
    }
    say(.ended(made, .done))
}

try await runUntilSignal(Telemetry.start(), pool, worker)
