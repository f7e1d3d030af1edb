// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("docs/conformance.md")
struct ConformancePageTests {
    /// Where a test is, and what of.
    private struct Entry: Hashable, CustomStringConvertible {
        var test: String
        var section: String
        var description: String { "\(test) of \(section)" }
    }

    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().appending(path: "../..").standardizedFileURL

    /// The rows of the page's tables that end with a section and a test.
    private func rows() throws -> [Entry] {
        let page = try String(contentsOf: Self.root.appending(path: "docs/conformance.md"), encoding: .utf8)
        return page.matches(of: /(?m)^\|.*\| ([^|]+) \| `([^|]+)` \|$/).map {
            Entry(test: String($0.output.2), section: String($0.output.1))
        }
    }

    /// The tests of all suites whose names begin with a section of a specification.
    private func tests() throws -> [Entry] {
        let folder = Self.root.appending(path: "Tests")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var tests: [Entry] = []
        for case let file as URL in files where file.pathExtension == "swift" {
            let source = try String(contentsOf: file, encoding: .utf8)
            // A suite has one or many tests; each has its name before its function.
            for suite in source.split(separator: "\n@Suite(").dropFirst() {
                guard let name = suite.firstMatch(of: /\bstruct (\w+)/)?.output.1 else { continue }
                for test in suite.matches(
                    of: /@Test\(\s*"((?:Trace Context|Baggage) §[\d.]*\d): [^@]*?\n    func (\w+)\(/
                ) {
                    tests.append(Entry(test: "\(name).\(test.output.2)", section: String(test.output.1)))
                }
            }
        }
        return tests
    }

    @Test("Every test that it names exists and is of the section that stands beside it")
    func named() throws {
        let rows = try rows()
        try #require(rows.count > 70)
        let missing = Set(rows).subtracting(try tests())
        #expect(missing.isEmpty)
    }

    @Test("Every test of a section of the specifications stands in it once")
    func complete() throws {
        let rows = try rows()
        let missing = Set(try tests()).subtracting(rows)
        #expect(missing.isEmpty)
        #expect(Set(rows.map(\.test)).count == rows.count)
    }
}
