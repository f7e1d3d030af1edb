// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing
import TraceFlow
import TraceStore

@testable import StitchCommand

@Suite("Filters")
struct FilterParserTests {
    @Test(
        "What is wrong is said, with a mark at its place",
        arguments: [
            ("wait > five", "'five'", "       ^^^^"),
            ("service=billing eror", "'eror' is no condition", "                ^^^^"),
            ("(error", "not closed", "^"),
            ("error)", "')'", "     ^"),
            ("error ->", "missing at the end", "        ^"),
            ("-> error", "missing here", "^^"),
            ("name=\"x", "quote", "     ^"),
            ("duration=5s", "compared by >", "^^^^^^^^"),
            ("service>x", "compared by =", "^^^^^^^"),
            ("kind=server or", "missing at the end", "              ^"),
            ("kind=mail", "'mail' is no kind", "     ^^^^"),
            ("日本=", "nothing to be compared with", "     ^"),
            ("size > big", "neither a number", "       ^^^"),
        ]
    )
    func errors(filter: String, message: String, mark: String) {
        #expect { try FilterParser.parse(filter) } throws: { error in
            guard let error = error as? CommandError else { return false }
            return error.message.contains(message) && error.lines == [filter, mark]
                && error.status == CommandError.usageStatus
        }
    }

    @Test("However deep and long a filter is, it is read or refused")
    func deep() {
        #expect(throws: CommandError.self) { try FilterParser.parse(String(repeating: "(", count: 100_000)) }
        #expect(throws: Never.self) { try FilterParser.parse(String(repeating: "not ", count: 10_001) + "error") }
        #expect(throws: Never.self) {
            try FilterParser.parse(Array(repeating: "error", count: 5_000).joined(separator: " -> "))
        }
        #expect(throws: CommandError.self) { try FilterParser.parse("\u{1B}[2J\u{202E}") }
    }

    @Test("Any text is read or refused, and never more")
    func anyText() {
        var random = SystemRandomNumberGenerator()
        let pieces = [
            "(", ")", "->", "<-", "error", "not", "and", "or", "=", "!=", "~", ">", "a", "wait", "5s", "'", "\"", "\\",
            "é", " ",
        ]
        for _ in 0..<2_000 {
            let text = (0..<12).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            _ = try? FilterParser.parse(text)
        }
    }

    @Test("A store is searched by the step that says most, and for no more than it knows of")
    func query() throws {
        let filter = try FilterParser.parse("service=a -> name=b error wait>1s duration<2s -> service=c")
        let all = Set(SearchCondition.allCases)
        func query(_ filter: FlowFilter, _ known: Set<SearchCondition>, from: Timestamp? = nil) -> SpanQuery? {
            FlowSearch(filter, searchable: known, from: from, to: nil)?.query
        }
        let expected = SpanQuery(name: "b", hasError: true, maximumDuration: .seconds(2), minimumWait: .seconds(1))
        #expect(query(filter, all) == expected)
        #expect(query(filter, [.service, .error]) == SpanQuery(hasError: true))
        #expect(query(filter, []) == SpanQuery())
        #expect(query(try FilterParser.parse("not error or name=x"), [.name, .error]) == SpanQuery())
        #expect(query(try FilterParser.parse("k=v k2=*"), [.attribute])?.attributes.count == 2)
        #expect(query(FlowFilter(), all) == nil)
        // A time is for the last step.
        let moment = Timestamp(nanoseconds: 7)
        #expect(query(filter, all, from: moment) == expected)
        let last = SpanQuery(from: moment, service: "c")
        #expect(query(try FilterParser.parse("error -> service=c"), all, from: moment) == last)
    }
}
