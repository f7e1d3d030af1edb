// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchCommand

@Suite("Text in columns")
struct TextCellsTests {
    @Test("Text takes exactly so many columns, wide letters two")
    func fitted() {
        #expect("abc".fitted(to: 5) == "abc  ")
        #expect("abcdef".fitted(to: 4) == "abc…")
        #expect("日本語".fitted(to: 6) == "日本語")
        #expect("日本語".fitted(to: 5) == "日本…")
        #expect("日本語".fitted(to: 4) == "日… ")
        #expect("🎉x".fitted(to: 4) == "🎉x ")
        #expect("e\u{301}te".fitted(to: 4) == "e\u{301}te ")
        #expect("".fitted(to: 0).isEmpty)
        #expect("abc".fitted(to: -1).isEmpty)
        #expect("日本".rightAligned(in: 6) == "  日本")
    }

    @Test("What moves a cursor, turns the writing or hides is not let through")
    func hostile() {
        #expect("a\u{1B}[2Jb\rc\u{7}\u{9B}1m".printable == "a [2Jb c  1m")
        #expect("a\u{202E}b\u{200B}c\u{2066}\u{FEFF}".printable == "a\u{FFFD}b\u{FFFD}c\u{FFFD}\u{FFFD}")
        #expect("a\u{2028}b\u{E000}".printable == "a b\u{FFFD}")
        let pile = "x" + String(repeating: "\u{301}", count: 1_000_000)
        #expect(pile.fitted(to: 3).unicodeScalars.count <= 8)
        #expect(String(repeating: "y", count: 10_000_000).printable.count == TextCells.longest + 1)
        #expect(String(repeating: "y", count: 10_000_000).fitted(to: 8) == "yyyyyyy…")
    }
}
