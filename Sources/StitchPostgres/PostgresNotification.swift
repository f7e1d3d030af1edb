// SPDX-License-Identifier: Apache-2.0

/// What a NOTIFY brought.
public struct PostgresNotification: Sendable, Hashable {
    /// The channel that was notified.
    public var channel: String

    /// The text that came along; empty if none did.
    public var payload: String

    /// The server's process number of the connection that sent it.
    public var sender: Int32
}
