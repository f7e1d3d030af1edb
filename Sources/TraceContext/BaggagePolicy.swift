// SPDX-License-Identifier: Apache-2.0

/// Which baggage a carrier takes along.
///
/// Baggage is text that a stranger may have written and that whoever reads the message may see. So an entry to a system
/// names the keys that it lets in, and a producer names those that it lets out:
///
/// ```swift
/// let policy = BaggagePolicy.keys(["tenant", "plan"], maxBytes: 256)
/// context.baggage = policy.applied(to: context.baggage)
/// ```
///
/// A policy is a value: apply it from anywhere, as often as you like.
public enum BaggagePolicy: Sendable, Hashable {
    /// No baggage.
    case none

    /// Only the entries with these keys, which are compared letter by letter, in at most so many bytes of text.
    ///
    /// Entries are taken whole and from the left, up to the first that has no room; those on its right stay out, so that
    /// what is kept doesn't depend on how long a later entry happens to be.
    case keys(Set<String>, maxBytes: Int = Baggage.maximumByteCount)

    /// Whatever has come, within the limits that every ``Baggage`` keeps.
    case all

    /// What is taken along of some baggage.
    ///
    /// Kept entries stand as they were written; nothing is decoded or encoded anew. `.all` and `.none` cost nothing.
    ///
    /// - Returns: The baggage to hand on; it may be empty, and then no field should be written.
    public func applied(to baggage: Baggage) -> Baggage {
        switch self {
        case .none: Baggage()
        case .keys(let keys, let maxBytes): baggage.filtered(keys: keys, maximumByteCount: maxBytes)
        case .all: baggage
        }
    }
}
