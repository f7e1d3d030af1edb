// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchPostgres

@Suite("Which statements a connection keeps prepared")
struct StatementCacheTests {
    private func prepare(_ sql: String, in cache: inout StatementCache) {
        _ = cache.use(sql)
        guard case .prepare(let name) = cache.use(sql) else { return }
        cache.didPrepare(sql, as: .init(name: name, types: []))
    }

    @Test("The first use is by text, the second prepares, the third runs what was prepared")
    func uses() {
        var cache = StatementCache(limit: 2, tag: 35)
        #expect(cache.use("a") == .unnamed)
        #expect(cache.use("a") == .prepare(name: "stitch_z_1"))
        cache.didPrepare("a", as: .init(name: "stitch_z_1", types: [20]))
        #expect(cache.use("a") == .run(.init(name: "stitch_z_1", types: [20])))
    }

    @Test("When there is no room, what was never prepared goes first, then what was not used for longest")
    func eviction() {
        var cache = StatementCache(limit: 3, tag: 35)
        prepare("a", in: &cache)
        prepare("b", in: &cache)
        for once in ["1", "2", "3"] { #expect(cache.use(once) == .unnamed) }
        #expect(cache.dropped == [])
        _ = cache.use("a")
        prepare("c", in: &cache)
        #expect(cache.use("d") == .unnamed)
        #expect(cache.dropped == ["stitch_z_2"])
        cache.didDrop(["stitch_z_2"])
        #expect(cache.dropped == [])
        #expect(cache.use("b") == .unnamed)
    }

    @Test("A name is never used twice")
    func names() {
        var cache = StatementCache(limit: 1)
        var names: Set<String> = []
        for _ in 0..<10 {
            for sql in ["a", "b"] {
                _ = cache.use(sql)
                if case .prepare(let name) = cache.use(sql) { #expect(names.insert(name).inserted) }
                if names.count == 5 { cache.forgetAll() }
            }
        }
        #expect(names.count == 20)
    }

    @Test("Connections that share a session behind a pooler have names of their own, which are short")
    func tags() {
        let names = (0..<100).map { _ in
            var cache = StatementCache(limit: 1)
            _ = cache.use("a")
            guard case .prepare(let name) = cache.use("a") else { return "" }
            return name
        }
        #expect(Set(names).count >= 99)
        #expect(names.allSatisfy { (10...18).contains($0.utf8.count) })
    }

    @Test("Texts that look alike and are of other bytes are other statements")
    func bytes() {
        var cache = StatementCache(limit: 4, tag: 35)
        prepare("SELECT '\u{e9}'", in: &cache)
        #expect(cache.use("SELECT 'e\u{301}'") == .unnamed)
        #expect(cache.use("SELECT '\u{e9}'") == .run(.init(name: "stitch_z_1", types: [])))
    }

    @Test("A limit of zero keeps nothing")
    func off() {
        var cache = StatementCache(limit: 0)
        for _ in 0..<3 { #expect(cache.use("a") == .unnamed) }
    }
}
