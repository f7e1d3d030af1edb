// SPDX-License-Identifier: Apache-2.0

/// What a handler throws to say what is to become of its job, when that is neither success nor failure.
///
/// ```swift
/// throw JobControl.snooze(.seconds(300))
/// ```
public enum JobControl: Error, Sendable, Hashable {
    /// Again after this time. Counts as no attempt.
    case snooze(Duration)

    /// Never again, because it is no longer wanted; the reason is kept.
    case cancel(String)

    /// Never again, because it can't be done; the reason is kept.
    case discard(String)
}
