// SPDX-License-Identifier: Apache-2.0

/// The answer to a statement; empty for an empty one.
struct PostgresAnswer: Sendable {
    private let result: PostgresResult?

    init(_ result: PostgresResult?) { self.result = result }

    var affectedRows: Int { result?.affectedRows ?? 0 }
    var command: String { result?.command ?? "" }

    var rows: [PostgresRow] {
        guard let result else { return [] }
        return (0..<result.rowCount).map { PostgresRow(result, index: $0) }
    }
}
