// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A parameter as it goes to the server.
///
/// Where the server has said which type it expects, the value goes in that type's binary form, else, and where a value has
/// none, in Postgres' text form.
public struct PostgresValue: Sendable, Hashable {
    /// What the value is, before it is known which type the server expects.
    indirect enum Content: Sendable, Hashable {
        case null
        /// In Postgres' text form, of whatever type.
        case text(String)
        case integer(Int64)
        case unsigned(UInt64)
        case double(Double)
        case float(Float)
        case bool(Bool)
        case uuid(UUID)
        /// Microseconds since 2000-01-01 UTC.
        case instant(Int64)
        case bytes([UInt8])
        case integers([Int64])
        case array([Content])
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
