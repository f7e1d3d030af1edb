// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PostgresTesting

@Suite("The name of a template's database")
struct DatabaseTemplateTests {
    private func name(_ name: String, _ version: String, owner: String = "stitch") -> String {
        DatabaseTemplate(name, version: version) { _ in }.databaseName(owner: owner)
    }

    @Test("is the same for the same content and owner, and another for any other")
    func content() {
        #expect(name("shop", "1") == name("shop", "1"))
        let names = [
            name("shop", "1"), name("shop", "2"), name("shop", "1", owner: "other"), name("sho", "p1"),
            name("shop1", ""),
        ]
        #expect(Set(names).count == names.count)
    }

    @Test("says what it is, in letters that need no quotes, and is not cut by the server")
    func legal() {
        let odd = name("Odd \"name\" — \u{1f40c}; DROP DATABASE shop", String(repeating: "v", count: 100_000))
        #expect(odd.hasPrefix("stitch_template_odd__name_"))
        #expect(odd.utf8.count <= 63)
        #expect(odd.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789_".utf8.contains($0) })
    }
}
