// SPDX-License-Identifier: Apache-2.0

public import StitchPostgres

/// A database that is prepared once on a server and then copied for every test, in a fraction of the time.
///
/// **Contract.** The prepared database stays on the server, where it takes the room of an empty one and more, under a name
/// that begins with `stitch_template_`, so that the next run finds it; it may be dropped at any time. Nobody can connect
/// to it. Several processes may want it at the same time.
///
/// ```swift
/// let shop = DatabaseTemplate("shop", version: migrations.joined()) { database in
///     for migration in migrations { try await database.withTransaction { try await $0.executeScript(migration) } }
/// }
/// let database = try await test.database(shop)
/// ```
public struct DatabaseTemplate: Sendable {
    /// What it is, for people who look at the server.
    public let name: String

    /// What it was made from.
    public let version: String

    let prepare: @Sendable (PostgresPool) async throws -> Void

    /// Describes a template.
    ///
    /// - Parameters:
    ///   - name: What it is, for people who look at the server.
    ///   - version: What it is made from, such as the text of all migrations: when that changes, another template is made.
    ///   - prepare: Makes it, in an empty database. The pool is shut down afterwards.
    public init(
        _ name: String,
        version: String,
        prepare: @escaping @Sendable (PostgresPool) async throws -> Void
    ) {
        self.name = name
        self.version = version
        self.prepare = prepare
    }

    /// The name of the prepared database: the same for the same content, and the owner's own, because a copy belongs to
    /// whoever owns what is copied.
    func databaseName(owner: String) -> String {
        let label = name.lowercased().unicodeScalars.prefix(24).map { scalar in
            scalar.properties.isAlphabetic && scalar.isASCII || ("0"..."9").contains(scalar) ? String(scalar) : "_"
        }.joined()
        return "stitch_template_\(label)_\(Self.digest([name, version, owner]))"
    }

    /// FNV-1a of 64 bits, in sixteen digits.
    private static func digest(_ texts: [String]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for text in texts {
            // What ends a text is no part of UTF-8.
            for byte in Array(text.utf8) + [0xff] { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
