// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing
import TraceContext

@testable import TraceFlow

@Suite("Lint of a window")
struct LintSurroundingsTests {
    private static let demo = CleanDemo.spans(orders: 40)

    private func report(_ spans: [SpanData], of all: [SpanData], limit: Int = 500_000) async throws -> LintReport {
        let surroundings = try await LintSurroundings(of: spans, in: SpanIndex(all), limit: limit)
        return FlowLint().report(on: spans, surroundings: surroundings)
    }

    @Test("No window of clean spans has a finding, wherever its edges are", arguments: [1, 7, 50, 300])
    func clean(size: Int) async throws {
        let spans = Self.demo.sorted(by: SpanData.isEarlier)
        for first in stride(from: 0, to: spans.count - size, by: max(size, spans.count / 40)) {
            let window = Array(spans[first..<first + size])
            let report = try await report(window, of: spans)
            #expect(report.findings.map(\.description) == [])
            #expect(report.spans == size && report.explainedEnds.isEmpty)
        }
    }

    @Test("A fault is found in the window that has it, and in no other", arguments: PlantedFault.all.prefix(8))
    func planted(_ fault: PlantedFault) async throws {
        var spans = Self.demo
        fault.plant(&spans)
        spans.sort(by: SpanData.isEarlier)
        let place = try #require(FlowLint().report(on: spans).findings.first?.spans.first)
        let position = try #require(spans.firstIndex { $0.reference == place })
        #expect(try await report([spans[position]], of: spans).findings.map(\.code) == [fault.code])
        let others = Array(spans[max(0, position - 20)..<position])
        #expect(try await report(others, of: spans).findings.isEmpty)
    }

    @Test("What is missing of traces that are too many to be looked at is no finding, and is counted")
    func limit() async throws {
        let child = Fixture.span("read", trace: 2, 2, parent: 1)
        #expect(try await report([child], of: [child]).findings.map(\.code) == [.orphan])
        #expect(try await report([child], of: [child], limit: 0).explainedEnds == [.outside: 1])
        let created = Fixture.span("create audit", trace: 2, 2)
        #expect(try await report([created], of: [created]).findings.map(\.code) == [.messageNeverSent])
        #expect(try await report([created], of: [created], limit: 0).findings.isEmpty)
    }

    @Test("A message to which links are too many to be looked at is no finding; others asked for with it are looked at")
    func hub() async throws {
        let messages = (1...3).map { Fixture.span("create audit", trace: $0, 1) }
        let polls = (0..<20_001).map { Fixture.span("poll audit", trace: 9, $0 + 1, links: [Fixture.context(2, 1)]) }
        let report = try await report(messages, of: messages + polls)
        #expect(report.findings.map(\.count) == [2])
        #expect(report.findings.first?.spans.contains(messages[1].reference) == false)
    }

    @Test("A request that was answered behind the window is not taken for one that somebody else began a trace for")
    func answered() async throws {
        let path: Attributes = ["http.request.method": "GET", "url.path": "/items"]
        var call = Fixture.span("GET", trace: 1, 1, start: 0, attributes: path)
        (call.kind, call.end) = (.client, call.start.advanced(by: .milliseconds(50)))
        var stranger = Fixture.span("GET /items", trace: 2, 2, start: 10, service: "items", attributes: path)
        var answer = Fixture.span("GET /items", trace: 1, 3, parent: 1, start: 20, service: "items", attributes: path)
        (stranger.kind, answer.kind) = (.server, .server)
        let window = [call, stranger]
        #expect(try await report(window, of: window).findings.map(\.code) == [.requestWithoutContext])
        #expect(try await report(window, of: window + [answer]).findings.isEmpty)
    }
}
