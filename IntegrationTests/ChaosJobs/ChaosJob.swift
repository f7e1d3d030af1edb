// SPDX-License-Identifier: Apache-2.0

import TracedJobs

/// A job of the history check: what its handler is to do, and a number by which its history is put together.
package struct ChaosJob: Job, Hashable {
    package static let kind = "chaos"

    /// Given by whoever enqueues, so that also a job is known whose transaction was rolled back.
    package var number: Int

    /// How long an attempt takes, in milliseconds.
    package var nap = 0

    /// How many attempts fail before one succeeds.
    package var failures = 0

    /// Whether attempts put it off now and then.
    package var snoozes = false

    /// Whether an attempt takes the process with it.
    package var isPoison = false

    package init(number: Int) { self.number = number }
}
