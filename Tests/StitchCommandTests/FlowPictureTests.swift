// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing
import TraceFlow

@testable import StitchCommand

@Suite("What is drawn of a flow")
struct FlowPictureTests {
    private static func flow(_ spans: [SpanData]) -> Flow { SpanIndex(spans).flow(from: spans[0]) }

    private static func root(for length: UInt64 = 10) -> SpanData {
        Shop.span("root", of: 0, 1, from: 0, for: length, service: "shop")
    }

    private static func child(_ id: UInt64, of parent: UInt64 = 1, from: UInt64 = 1, name: String = "work") -> SpanData
    {
        Shop.span(name, of: 0, id, parent: parent, from: from, for: 1, service: "shop")
    }

    private func lines(_ flow: Flow, width: Int = 100, rows: Int = WaterfallView.defaultRows) -> [String] {
        let terminal = Terminal(width: width, hasColor: false, isInteractive: false)
        return WaterfallView(flow, terminal: terminal, maximumRows: rows).text.split(separator: "\n").map(String.init)
    }

    @Test("The attempts at one message share a row, whose notes tell them apart")
    func lane() throws {
        let picture = FlowPicture(Self.flow(Shop.order(0)), maximumRows: 100)
        #expect(picture.rows.count == 5)
        let row = try #require(picture.rows.last)
        #expect(row.label == "process receipt #1 ✗ #2")
        #expect(row.spans.map(\.attempt) == [1, 2])
        #expect(!row.hasFailed)
        #expect(row.notes.contains { $0.hasPrefix("#1 ") && $0.hasSuffix("failed: the mail server is busy") })
        #expect(row.notes.contains { $0.hasPrefix("#2 waited") && $0.contains("1.00 s backing off") })
        #expect(row.bars.contains { $0.kind == .work(hasFailed: true) })
        #expect(row.bars.contains { $0.kind == .wait(.backoff) })
    }

    @Test("Of 50,000 alike a few are shown, and one row says how many more there are")
    func folding() throws {
        var spans = [Self.root()]
        for id in 2..<50_002 { spans.append(Self.child(UInt64(id))) }
        spans[40_000].status = .error("no")
        let picture = FlowPicture(Self.flow(spans), maximumRows: 300)
        #expect(picture.rows.count <= 300)
        let fold = try #require(picture.rows.last { $0.spans.isEmpty })
        let shown = picture.rows.count - 2
        #expect(fold.label.hasPrefix("× \((50_000 - shown).grouped) more work"))
        #expect(picture.foldedCount == 50_000 - shown)
        #expect(picture.rows.contains { $0.hasFailed })
        #expect(lines(Self.flow(spans)).count < 320)
    }

    @Test("What folded spans caused is counted with them")
    func foldedTrees() {
        var spans = [Self.root()]
        for id in 1...1000 as ClosedRange<UInt64> {
            spans.append(Self.child(id * 10))
            spans.append(Self.child(id * 10 + 1, of: id * 10, name: "inner"))
        }
        let picture = FlowPicture(Self.flow(spans), maximumRows: 100)
        #expect(picture.rows.count <= 100)
        let shown = picture.rows.reduce(0) { $0 + $1.spans.count }
        #expect(shown + picture.foldedCount == spans.count)
        #expect(picture.rows.contains { $0.notes.first?.hasSuffix("spans with those below") == true })
    }

    @Test("A chain of 10,000 is cut, its depth is said, and no line is too wide", arguments: [60, 100])
    func deep(width: Int) {
        var spans = [Self.root()]
        for id in 2...10_000 as ClosedRange<UInt64> { spans.append(Self.child(id, of: id - 1, from: id)) }
        let picture = FlowPicture(Self.flow(spans), maximumRows: 300)
        #expect(picture.rows.count <= 301)
        #expect(picture.rows.last?.label.hasPrefix("× ") == true)
        let lines = lines(Self.flow(spans), width: width)
        #expect(lines.allSatisfy { $0.columnCount <= width })
        #expect(lines.contains { $0.contains("‹100› ") })
    }

    @Test("A long time in which nothing ran is made short, and its length is said")
    func gaps() throws {
        let spans = [Self.root(), Self.child(2, from: 7_200_000), Self.child(3, from: 7_200_010)]
        let picture = FlowPicture(Self.flow(spans), maximumRows: 100)
        #expect(picture.scale.gaps.count == 1)
        #expect(picture.scale.gapsText?.contains("1 h 59 min") == true)
        #expect(picture.scale.position(spans[0].end) > 0.4)
        #expect(picture.scale.position(spans[2].start) < 0.96)
        let text = lines(Self.flow(spans))
        #expect(text.contains { $0.contains("⫽ nothing ran for 1 h 59 min") })
        #expect(text[1].contains("⫽"))
        #expect(FlowPicture(Self.flow(Shop.order(0)), maximumRows: 100).scale.gaps.isEmpty)
    }

    @Test("A scale never goes back, whatever the times are")
    func scale() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let times = (0..<8).map { _ in
                Timestamp(
                    nanoseconds: [0, 1, 1000, .max, .random(in: 0...(.max), using: &random)].randomElement(
                        using: &random
                    ) ?? 0
                )
            }
            var spans = [Self.root()]
            for (id, time) in times.enumerated() {
                var span = Self.child(UInt64(id) + 2)
                span.start = time
                span.end = times.randomElement(using: &random) ?? time
                spans.append(span)
            }
            let scale = FlowPicture(Self.flow(spans), maximumRows: 100).scale
            let positions = times.sorted().map { scale.position($0) }
            #expect(positions == positions.sorted())
            #expect(positions.allSatisfy { (-1e-6...1 + 1e-6).contains($0) })
        }
    }
}
