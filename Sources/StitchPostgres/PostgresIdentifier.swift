// SPDX-License-Identifier: Apache-2.0

/// A name in SQL, quoted so that it can't be anything else: `stitch` becomes `"stitch"`.
public struct PostgresIdentifier: Sendable, Hashable, CustomStringConvertible {
    /// The name in quotes, as it stands in a statement.
    public let description: String

    /// Quotes a name.
    ///
    /// - Parameter name: The name, in the case that it has; Postgres uses the first 63 bytes.
    public init(_ name: String) {
        // By scalar, because a quote may carry a combining mark.
        var quoted = "\""
        for scalar in name.unicodeScalars {
            if scalar == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(scalar)
        }
        description = quoted + "\""
    }
}
