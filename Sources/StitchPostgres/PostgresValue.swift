// SPDX-License-Identifier: Apache-2.0

/// A parameter as it goes to the server.
public struct PostgresValue: Sendable, Hashable {
    enum Content: Sendable, Hashable {
        case null
        case text(String)
        case bytes([UInt8])
    }

    let content: Content

    /// SQL's NULL.
    public static let null = Self(content: .null)

    /// A value in Postgres' text form; the server takes the type from the place where the parameter stands.
    ///
    /// - Parameter text: The value. It must not contain NUL characters: Postgres cannot store them, and the statement is refused.
    /// - Returns: The value.
    public static func text(_ text: String) -> Self { Self(content: .text(text)) }

    /// A `bytea`.
    public static func bytes(_ bytes: [UInt8]) -> Self { Self(content: .bytes(bytes)) }
}
