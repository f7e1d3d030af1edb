// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A page of the module's reference, with its tables as data.
struct ReferencePage {
    /// A table's rows, each a cell by the name of its column.
    typealias Rows = [[String: String]]

    /// The text.
    let text: String

    private let tables: [String: Rows]

    init(_ name: String) throws {
        text = try Self.file("Sources/MessageTracing/MessageTracing.docc/\(name).md")
        var tables: [String: Rows] = [:]
        var heading = ""
        var columns: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("|") else {
                columns = []
                if line.hasPrefix("#") { heading = line.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces) }
                continue
            }
            if line.hasPrefix("|---") { continue }
            let cells = line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            if columns.isEmpty {
                columns = cells
            } else {
                tables[heading, default: []].append(
                    Dictionary(zip(columns, cells)) { first, _ in first }
                )
            }
        }
        self.tables = tables
    }

    /// The rows of the tables under these headings; none for a heading without a table.
    func rows(under headings: String...) -> Rows { headings.flatMap { tables[$0] ?? [] } }

    /// What stands as code in a text, such as a cell.
    static func codes(in text: String) -> [String] { text.matches(of: /(`+)([^`]+)\1/).map { String($0.2) } }

    /// A file of the package.
    static func file(_ path: String) throws -> String {
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The names of the Swift files in a folder of the package.
    static func files(in folder: String) throws -> [String] {
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
            .filter { $0.hasSuffix(".swift") }
    }
}

extension [[String: String]] {
    /// What stands as code in a column, in the order of the rows.
    func codes(_ column: String) -> [String] { flatMap { ReferencePage.codes(in: $0[column] ?? "") } }

    /// The rows that have this among the code in a column.
    func with(_ code: String, in column: String) -> Self {
        filter { ReferencePage.codes(in: $0[column] ?? "").contains(code) }
    }
}
