// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import TraceFlow

@Suite("The page about lint")
struct LintPageTests {
    /// The sections of `docs/lint.md`, by heading, each as one line.
    private func sections() throws -> [String: String] {
        let root = (0..<4).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        let page = try String(contentsOf: root.appending(path: "docs/lint.md"), encoding: .utf8)
        var sections: [String: String] = [:]
        for section in page.components(separatedBy: "\n### ").dropFirst() {
            let lines = section.split(separator: "\n")
            sections[String(lines[0])] = lines.dropFirst().joined(separator: " ")
        }
        return sections
    }

    @Test("Every code is on the page, with what it means, how it comes about and what to do, and no other code is")
    func codes() throws {
        let sections = try sections()
        #expect(Set(sections.keys) == Set(LintCode.all.map { "`\($0.id)` (\($0.severity))" }))
        for code in LintCode.all {
            let text = "\(code.meaning) *How it comes about:* \(code.cause) *What to do:* \(code.remedy)"
            #expect(sections["`\(code.id)` (\(code.severity))"] == text)
        }
    }
}
