// SPDX-License-Identifier: Apache-2.0

/// The constants that a type in a source file has: Swift can't list them at run time.
struct SourceConstants {
    /// Their values by their names; of one without a value in quotes, its name.
    private(set) var values: [String: String] = [:]

    /// Reads constants, of `static let` or as a text that is computed, and cases at the top of a type.
    ///
    /// - Parameters:
    ///   - type: The type's name, as `enum Attribute`.
    ///   - path: The file.
    /// - Throws: When the file can't be read.
    init(of type: String, in path: String) throws {
        var indentation: Int?
        for line in try ReferencePage.file(path).split(separator: "\n") {
            let depth = line.prefix { $0 == " " }.count
            guard let outer = indentation else {
                if line.contains("public \(type) ") || line.contains("public \(type):") { indentation = depth }
                continue
            }
            if depth == outer, line.dropFirst(depth) == "}" { break }
            guard depth == outer + 4 else { continue }
            if let match = line.dropFirst(depth).prefixMatch(
                of: /(?:(?:@inlinable )?public static (?:let|var)|case) (\w+)(?:(?:: String)? [={] "([^"]*)")?/
            ) {
                values[String(match.1)] = String(match.2 ?? match.1)
            }
        }
    }

    /// Their values, in alphabetical order.
    var sorted: [String] { values.values.sorted() }
}
