// SPDX-License-Identifier: Apache-2.0

import TracedJobs

/// Calls to be made for a request that waits for them: a message, or a job.
struct MakeCalls: Job {
    static let kind = "make_calls"

    /// The request that waits, by its number in ``Replies``.
    var request: Int

    var calls: [Call]
}

/// Why a call has no answer.
struct CallFailure: Error, Sendable, CustomStringConvertible {
    var description: String
}

/// Makes calls side by side; returns when all have ended, with those that failed.
func makeCalls(_ calls: [Call]) async throws(CancellationError) -> [CallFailure] {
    let failures = await withTaskGroup(of: (Int, CallFailure?).self) { group in
        for (index, call) in calls.enumerated() {
            group.addTask { (index, await makeCall(call)) }
        }
        var failures: [Int: CallFailure] = [:]
        for await (index, failure) in group { failures[index] = failure }
        return failures.sorted { $0.key < $1.key }.map(\.value)
    }
    // Calls that were given up say nothing of those who were called.
    if Task.isCancelled { throw CancellationError() }
    return failures
}
