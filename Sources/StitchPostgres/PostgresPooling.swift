// SPDX-License-Identifier: Apache-2.0

/// What stands between this program and the server.
public enum PostgresPooling: Sendable, Hashable {
    /// Nothing that matters: a connection of this program is one of the server.
    case direct

    /// A pooler that lends its connections for a transaction each, such as PgBouncer with `pool_mode = transaction`.
    ///
    /// No statement is kept prepared. What needs a session is refused with ``PostgresError/Code/unsupportedByPooler``: LISTEN,
    /// advisory locks of a session, `SET` without `LOCAL`, `PREPARE`, cursors `WITH HOLD`. What a function on the server does
    /// of this kind is not seen.
    case transaction
}
