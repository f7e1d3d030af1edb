// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchOTLP
import TelemetryData
import Testing
import TraceFlow

@testable import StitchCommand

@Suite("Hostile spans")
struct HostileSpanTests {
    private static let texts = [
        "\u{1B}[2J\u{1B}]0;pwned\u{7}", "\r\nHTTP/1.1 200\r\n", "\u{202E}gnp.exe\u{2066}",
        "</style></title><script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>", "'onmouseover='x", "&lt;b&gt;", String(repeating: "long ", count: 250_000),
        "\u{9B}31m", String(repeating: "e\u{301}\u{302}\u{303}\u{304}", count: 50_000), "", "日本語の注文",
        "\u{2028}\u{85}\u{0}",
    ]

    /// A flow whose every text is one of them, and whose times make no sense.
    private static let spans: [SpanData] =
        texts.enumerated().flatMap { index, text -> [SpanData] in
            let id = UInt64(index) * 10 + 2
            let times: [(UInt64, UInt64)] = [(0, .max), (.max, 0), (1, 0), (Shop.start, Shop.start)]
            return times.enumerated().map { place, time in
                SpanData(
                    context: Shop.context(0, id + UInt64(place)),
                    parentSpanID: SpanID(bits: 1),
                    name: text,
                    kind: .consumer,
                    start: Timestamp(nanoseconds: time.0),
                    end: Timestamp(nanoseconds: time.1),
                    attributes: [
                        text.isEmpty ? "empty" : text: .string(text),
                        MessagingConventions.Attribute.operationType: "process",
                        MessagingConventions.Attribute.destinationName: .string(text),
                        MessagingConventions.Attribute.wait: .double([-1, .infinity, .nan, 1e300][place]),
                        MessagingConventions.Attribute.batchMessageCount: .int([-1, .max, .min, 0][place]),
                        MessagingConventions.Attribute.jobAttempt: .int([-1, .max, .min, 0][place]),
                        "list": .array([.string(text), .map(["k": .string(text)])]),
                    ],
                    events: [
                        SpanEvent(name: text, time: Timestamp(nanoseconds: time.0), attributes: ["k": .string(text)])
                    ],
                    links: [SpanLink(Shop.context(0, id + UInt64(place))), SpanLink(Shop.context(1, 1))],
                    status: .error(text),
                    resource: Resource(attributes: ["service.name": .string(text)])
                )
            }
        } + [Shop.span("root", of: 0, 1, from: 0, for: 5, service: "shop")]

    private func isClean(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control: scalar == "\n" || scalar == "\t"
            case .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
            default: true
            }
        }
    }

    @Test("None of them moves the cursor, turns the writing or breaks the lines", arguments: [60, 100, 200])
    func terminal(width: Int) async throws {
        try await CommandFixture.withFile(Self.spans) { file, _ in
            for arguments in [["flows"], ["show", "4bf9", "--critical-path"], ["show", "4bf9/0000000000000001"]] {
                let outcome = await CommandFixture.run(arguments + ["--file", file], width: width)
                #expect(outcome.status == 0, "\(outcome.error)")
                #expect(isClean(outcome.output + outcome.error))
                #expect(outcome.lines.allSatisfy { $0.columnCount <= width })
                #expect(outcome.output.utf8.count < 1 << 20)
            }
            let json = await CommandFixture.run(["show", "4bf9", "--json", "--file", file])
            let document = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
            #expect(document is [String: Any])
        }
    }

    @Test("Nor does one in what is told of many spans", arguments: [60, 100, 200])
    func reports(width: Int) async throws {
        try await CommandFixture.withFile(Self.spans) { file, _ in
            for arguments in [["lint"], ["topology"], ["volume"], ["volume", "--rows", "1000"]] {
                let outcome = await CommandFixture.run(arguments + ["--file", file], width: width)
                #expect(outcome.status == (arguments == ["lint"] ? 1 : 0), "\(outcome.error)")
                #expect(isClean(outcome.output + outcome.error), "\(arguments)")
                #expect(outcome.lines.allSatisfy { $0.columnCount <= width }, "\(arguments)")
                #expect(outcome.output.utf8.count < 1 << 20)
            }
            let forPrograms = [
                ["topology", "--dot"], ["lint", "--json"], ["topology", "--json"], ["volume", "--json"],
            ]
            for arguments in forPrograms {
                let outcome = await CommandFixture.run(arguments + ["--file", file], width: width)
                #expect(isClean(outcome.output + outcome.error), "\(arguments)")
            }
        }
    }

    @Test("Nor does one that flows begin with, where they are compared", arguments: texts.indices)
    func kinds(_ index: Int) async throws {
        let text = Self.texts[index]
        // So many that something is usual, unless that would be much to read.
        let count: UInt64 = text.utf8.count > 1000 ? 2 : 24
        let spans = (0..<count).flatMap { (order: UInt64) in
            [(UInt64(1), nil, UInt64(0)), (2, UInt64(1), order)].map { id, parent, begin in
                Shop.span(
                    text,
                    of: order,
                    id,
                    parent: parent,
                    from: begin,
                    for: 5 + order,
                    service: text,
                    attributes: order >= count / 2 ? [text.isEmpty ? "empty" : text: .string(text)] : [:]
                )
            }
        }
        func time(_ order: UInt64) -> String { Timestamp(nanoseconds: Shop.start + order * 60_000_000_000).rfc3339 }
        let names = [0, count - 1].map { Shop.trace(of: $0).description }
        let times = ["--before", "\(time(0))/\(time(count / 2))", "--after", "\(time(count / 2))/\(time(count))"]
        try await CommandFixture.withFile(spans) { file, _ in
            for arguments in [["diff"] + names, ["diff", names[0]] + times, ["diff", names[0], "--usual"]] {
                let outcome = await CommandFixture.run(arguments + ["--file", file])
                #expect(outcome.status == (arguments.last == "--usual" && count < 20 ? 1 : 0), "\(outcome.error)")
                #expect(isClean(outcome.output + outcome.error), "\(arguments)")
                #expect(outcome.lines.allSatisfy { $0.columnCount <= 100 }, "\(arguments)")
                let json = await CommandFixture.run(arguments + ["--json", "--file", file])
                #expect(isClean(json.output + json.error), "\(arguments)")
            }
        }
    }

    @Test("JSON with its characters escaped says the same")
    func json() throws {
        let text = Self.texts.joined() + "\u{7F}\u{E0001}é"
        let json = try JSONText.line([text])
        #expect(isClean(json))
        #expect(try JSONDecoder().decode([String].self, from: Data(json.utf8)) == [text])
    }

    @Test("What is exported to a terminal moves no cursor either, and is the same data when it is read back")
    func exported() async throws {
        let spans = Self.spans.filter { $0.name.utf8.count < 1_000 }
        try await CommandFixture.withFile(spans) { file, folder in
            let exported = await CommandFixture.run(["export", "--file", file])
            #expect(exported.status == 0, "\(exported.error)")
            #expect(isClean(exported.output))
            #expect(exported.output.contains("\\u009b31m") && exported.output.contains("\\u202egnp.exe"))
            #expect(exported.output.contains("日本語の注文"))
            let plain = folder.appending(path: "plain").path
            #expect(await CommandFixture.run(["export", "--file", file, "--output", plain]).status == 0)
            let lines = exported.output.split(separator: "\n")
            let read = try lines.flatMap { try OTLPJSONLines.decode(line: Data($0.utf8)) }
            let written = try OTLPJSONLines.read(contentsOf: URL(filePath: plain))
            // NaN is not equal to itself: bytes are compared.
            #expect(read.count == spans.count && OTLP.encode(read) == OTLP.encode(written))
        }
    }

    @Test("With colours, the only escapes are those of colours")
    func colours() async throws {
        try await CommandFixture.withFile(Self.spans) { file, _ in
            let outcome = await CommandFixture.run(["show", "4bf9", "--file", file], hasColor: true)
            let rest = outcome.output.replacing(#/\x{1B}\[[0-9]+m/#, with: "")
            #expect(rest != outcome.output)
            #expect(isClean(rest))
        }
    }

    @Test("None of them is markup of a page")
    func page() async throws {
        try await CommandFixture.withFile(Self.spans) { file, _ in
            let outcome = await CommandFixture.run(["show", "4bf9", "--html", "-", "--file", file])
            #expect(outcome.status == 0)
            let page = outcome.output
            #expect(isClean(page))
            #expect(page.utf8.count < 20 << 20)
            #expect(!page.contains("<script"))
            #expect(!page.contains("<img"))
            let known: Set = [
                "!DOCTYPE", "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "span", "div", "bdi",
                "i",
                "details", "summary", "table", "tr", "th", "td",
            ]
            for tag in page.matches(of: #/<\/?([^ >]*)([^>]*)>/#) {
                #expect(known.contains(String(tag.1)), "\(tag.0.prefix(80))")
                #expect(!tag.2.contains("'") || tag.1 == "meta", "\(tag.0.prefix(80))")
                let names = tag.2.matches(of: #/([a-z-]+)="/#).map { String($0.1) }
                #expect(
                    Set(names).isSubset(of: [
                        "class", "style", "title", "lang", "charset", "name", "content", "http-equiv",
                    ])
                )
            }
        }
    }
}
