// SPDX-License-Identifier: Apache-2.0

/// What of a partition counts as handled, and what of that is committed.
///
/// Takes events, returns decisions; has no clock and no I/O. An offset here is where to go on: the one behind the last
/// record that counts.
struct OffsetTracker {
    /// All before it is handled; `nil` before the first.
    private(set) var handled: Int64?

    /// What the broker knows, or is being told.
    private(set) var committed: Int64?

    /// All records before `next` are handled.
    ///
    /// Never takes anything back: records of a partition are handled in order.
    mutating func note(handledBefore next: Int64) {
        if next > handled ?? -1 { handled = next }
    }

    /// Reading goes on elsewhere; what was handled so far doesn't count beyond what is committed.
    mutating func seek() { handled = nil }

    /// Whether there is something to commit.
    var isBehind: Bool { handled != nil && handled != committed }

    /// What is to be committed now, which counts as committed from here on; `nil` if nothing is.
    mutating func takeUncommitted() -> Int64? {
        guard isBehind else { return nil }
        committed = handled
        return handled
    }

    /// The broker did not take `offset`, so it is to be told again.
    mutating func refused(_ offset: Int64) {
        if committed == offset { committed = nil }
    }
}
