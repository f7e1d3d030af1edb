// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq

/// What libpq needs to connect, by its own keywords, such as `host` and `dbname`; never prints a secret.
struct ConnectionSettings: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    private(set) var values: [String: String]

    private static let secrets: Set<String> = [
        "password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key",
    ]

    init() { values = [:] }

    /// Takes a URL or a keyword string apart.
    init(parsing text: String) throws(PostgresError) {
        guard !text.contains("\0") else {
            throw PostgresError(.invalidConfiguration, "The Postgres address contains a NUL character")
        }
        var complaint: UnsafeMutablePointer<CChar>?
        // Gives us the list, to be freed with PQconninfoFree, or else a message, to be freed with PQfreemem.
        guard let options = PQconninfoParse(text, &complaint) else {
            let reason = complaint.map { Self.withoutQuotes(String(cString: $0)) } ?? "out of memory"
            PQfreemem(complaint)
            throw PostgresError(
                .invalidConfiguration,
                "The Postgres address could not be read: \(reason). Write postgres://user@host:5432/database, "
                    + "with special characters of user and password percent-encoded"
            )
        }
        defer { PQconninfoFree(options) }
        values = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
    }

    subscript(keyword: String) -> String? {
        get { values[keyword] }
        set { values[keyword] = newValue }
    }

    var description: String {
        values.sorted { $0.key < $1.key }
            .map { "\($0.key)=\(Self.secrets.contains($0.key) ? "•••" : $0.value)" }
            .joined(separator: " ")
    }

    var customMirror: Mirror { Mirror(self, children: ["settings": description]) }

    /// libpq quotes what it could not read, which may hold the password.
    private static func withoutQuotes(_ message: String) -> String {
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard let start = line.firstIndex(of: "\""), let end = line.lastIndex(of: "\"") else { return line }
        return line[..<start] + "…" + line[line.index(after: end)...]
    }
}
