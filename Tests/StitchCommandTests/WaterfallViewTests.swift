// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing
import TraceFlow

@testable import StitchCommand

@Suite("The waterfall on the terminal")
struct WaterfallViewTests {
    private typealias Attribute = MessagingConventions.Attribute

    private static func context(_ trace: UInt64, _ span: UInt64) -> SpanContext {
        SpanContext(traceID: TraceID(high: trace, low: 1), spanID: SpanID(bits: span))
    }

    private static func span(
        _ name: String,
        _ context: SpanContext,
        parent: SpanID? = nil,
        links: [SpanContext] = [],
        from start: UInt64,
        for length: UInt64,
        attributes: Attributes = Attributes(),
        status: SpanStatus = .unset
    ) -> SpanData {
        SpanData(
            context: context,
            parentSpanID: parent,
            name: name,
            start: Timestamp(nanoseconds: start * 1_000_000),
            end: Timestamp(nanoseconds: (start + length) * 1_000_000),
            attributes: attributes,
            links: links.map { SpanLink($0) },
            status: status,
            resource: Resource(attributes: ["service.name": "shop"])
        )
    }

    private static let flow: Flow = {
        let order = span("place order", context(1, 1), from: 1000, for: 100)
        let send = span("send orders", context(1, 2), parent: SpanID(bits: 1), from: 1010, for: 50)
        let process = span(
            "process orders",
            context(2, 3),
            links: [context(1, 2)],
            from: 3000,
            for: 1000,
            attributes: [Attribute.wait: 1.99, Attribute.batchMessageCount: 5],
            status: .error("no\u{1B}[2Jpaper")
        )
        return SpanIndex([order, send, process]).flow(from: order)
    }()

    private func text(width: Int, hasColor: Bool = false) -> String {
        WaterfallView(Self.flow, terminal: Terminal(width: width, hasColor: hasColor, isInteractive: false)).text
    }

    @Test("A row has its service, its place, its bar after its wait, and how long it worked; below it stands why")
    func rows() throws {
        let lines = text(width: 120).split(separator: "\n").map(String.init)
        #expect(lines[1].hasPrefix("shop  place order "))
        #expect(lines[2].hasPrefix("shop  └ send orders"))
        let process = try #require(lines.first { $0.contains("process orders ×5 ✗") })
        #expect(process.hasSuffix("1.00 s"))
        #expect(process.contains("░█"))
        let note = try #require(lines.first { $0.contains("waited") })
        #expect(note.contains("1.99 s in its topic"))
        #expect(note.contains("⇠ send orders in trace 00000000… and 4 messages of other flows"))
    }

    @Test("No line is wider than the terminal, and no bar is missing", arguments: [60, 80, 100, 200])
    func width(width: Int) {
        let lines = text(width: width).split(separator: "\n")
        #expect(lines.dropLast().allSatisfy { $0.count <= width })
        #expect(lines.count { $0.contains("█") } == 4)
    }

    @Test("The legend has a mark for each wait that is drawn, that in an outbox too")
    func legend() {
        let order = Self.span("place order", Self.context(1, 1), from: 1000, for: 10)
        var create = Self.span("create orders", Self.context(1, 2), parent: SpanID(bits: 1), from: 1001, for: 1)
        create.attributes[Attribute.operationType] = "create"
        var send = Self.span("send orders", Self.context(3, 3), links: [Self.context(1, 2)], from: 2000, for: 50)
        send.kind = .client
        send.links[0].attributes[Attribute.linkRole] = "creation"
        send.attributes[Attribute.operationType] = "send"
        let flow = SpanIndex([order, create, send]).flow(from: order)
        let view = WaterfallView(flow, terminal: Terminal(width: 100, hasColor: false, isInteractive: false))
        #expect(view.text.contains("█ worked   ▫ waited in an outbox"))
    }

    @Test("Without colours there is no control character, whatever the spans say")
    func plain() {
        #expect(!text(width: 100).contains("\u{1B}"))
        #expect(text(width: 100, hasColor: true).contains("\u{1B}[31m"))
        #expect(!text(width: 100, hasColor: true).contains("\u{1B}[2J"))
    }

    @Test(
        "Durations have three digits",
        arguments: [
            (Duration.microseconds(850), "850 µs"), (.microseconds(12_140), "12.1 ms"), (.milliseconds(3010), "3.01 s"),
            (.milliseconds(999), "999 ms"), (.seconds(245), "4 min 05 s"), (.seconds(3720), "1 h 02 min"),
            (.zero, "0 µs"), (.milliseconds(-5), "-5.00 ms"), (.seconds(360_000), "4 d 04 h"),
            (.seconds(18_446_744_073), "585 y"),
        ]
    )
    func durations(duration: Duration, expected: String) {
        #expect(duration.text == expected)
    }
}
