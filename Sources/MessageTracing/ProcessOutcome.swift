// SPDX-License-Identifier: Apache-2.0

/// What an error that ended the work on a message means for its span.
public enum ProcessOutcome: Sendable, Hashable {
    /// The work failed; `errorType` is the value of `error.type`, or `nil` for the name of the error's type.
    case failed(errorType: String?)

    /// The work was stopped or put off on purpose: no error.
    case interrupted

    /// Cancellation is an interruption, anything else a failure.
    public init(of error: any Error) {
        self = error is CancellationError ? .interrupted : .failed(errorType: nil)
    }
}
