// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import TraceFlow

@Suite("Lint")
struct LintTests {
    private static let demo = CleanDemo.spans(orders: 120)

    private func lint(_ spans: [SpanData], _ lint: FlowLint = FlowLint()) -> LintReport {
        let index = SpanIndex(spans)
        return lint.report(on: spans, flows: index.origins.map { index.flow(from: $0) }) { flow in
            Set(flow.spans.filter { $0.name != "log" }.map(\.reference))
        }
    }

    @Test("A clean demo has no finding")
    func clean() {
        #expect(lint(Fixture.twoOrders).findings.map(\.description) == [])
        let spans = Self.demo
        let report = lint(spans)
        #expect(report.findings.map(\.description) == [])
        #expect(report.isClean() && report.explainedEnds.isEmpty && report.spans == spans.count)
    }

    @Test("A planted fault is found by its code, once, and by no other", arguments: PlantedFault.all)
    func planted(_ fault: PlantedFault) throws {
        var spans = Self.demo
        fault.plant(&spans)
        let report = lint(spans)
        #expect(report.findings.map(\.code) == [fault.code], "\(report.findings.map(\.description))")
        let finding = try #require(report.findings.first)
        #expect(finding.count >= finding.spans.count && !finding.spans.isEmpty)
        #expect(!finding.description.isEmpty && !report.isClean(of: finding.severity))
    }

    @Test("Each code has a planted fault")
    func complete() {
        #expect(Set(PlantedFault.all.map(\.code)) == Set(LintCode.all))
        #expect(Set(LintCode.all.map(\.id)).count == LintCode.all.count)
        for code in LintCode.all { #expect(LintCode.named(code.id) == code) }
    }

    @Test("What is found is the same whatever the order of the spans, and faults in many places are all found")
    func order() {
        var spans = Self.demo
        for fault in [0, 2, 12, 15, 20] { PlantedFault.all[fault].plant(&spans) }
        let report = lint(spans)
        #expect(report.findings.count == 5)
        #expect(report.findings.map(\.severity) == report.findings.map(\.severity).sorted())
        #expect(lint(spans.shuffled()) == report)
    }

    @Test("What is wrong at one hop in many spans is told once, with their number")
    func grouped() throws {
        var spans = Self.demo
        for number in 0..<15 { spans.change("read row", number) { $0.end = Timestamp(nanoseconds: 0) } }
        let finding = try #require(lint(spans).findings.first)
        #expect(finding.count == 15 && finding.spans.count == LintFinding.namedSpans)
        #expect(finding.description.hasSuffix("has no end; so it is with 14 more spans"))
    }

    @Test("The sentence names the hop; the code says what it means and what to do")
    func sentence() throws {
        let work = Fixture.span("process orders", trace: 2, 2, start: 5)
        let finding = try #require(lint([work]).findings.first)
        #expect(
            finding.description
                == "process orders (shop, span 0000000000000002 of trace 00000000000000000000000000000002) has no link to "
                + "the span that created its message: no context came with it, or none that can be read"
        )
        #expect(finding.explanation.hasPrefix(finding.code.meaning) && finding.remedy == finding.code.remedy)
    }
}

@Suite("Ends that are missing for a reason")
struct EndExplanationTests {
    private typealias Attribute = MessagingConventions.Attribute

    private func report(_ spans: [SpanData], _ lint: FlowLint = FlowLint()) -> LintReport { lint.report(on: spans) }

    @Test("A span that was not sampled is not missed, unless its sender writes no flags")
    func sampling() {
        var work = Fixture.span("process orders", trace: 2, 2, links: [Fixture.context(1, 1)])
        work.links[0].context.flags = []
        #expect(report([work]).findings.isEmpty)
        #expect(report([work]).explainedEnds == [.notSampled: 1])
        work.context.flags = []
        #expect(report([work]).findings.map(\.code) == [.danglingLink])
    }

    @Test("A span of a trace that was sampled is missed whatever the link's flags say")
    func sampledTrace() {
        var work = Fixture.span("process orders", trace: 2, 2, links: [Fixture.context(1, 1)])
        work.links[0].context.flags = []
        #expect(report([work, Fixture.span("other", trace: 1, 7)]).findings.map(\.code) == [.danglingLink])
    }

    @Test("What is older than what is kept, and what may still come, is not missed")
    func time() {
        let work = Fixture.span("read", trace: 2, 2, parent: 1, start: 100)
        var lint = FlowLint()
        lint.horizon.oldest = work.start.advanced(by: .milliseconds(1))
        #expect(report([work], lint).explainedEnds == [.expired: 1])
        lint.horizon.oldest = work.start
        #expect(report([work], lint).findings.map(\.code) == [.orphan])
        (lint.horizon.now, lint.horizon.delay) = (work.start, .zero)
        #expect(report([work], lint).explainedEnds == [.notArrived: 1])
    }

    @Test("The attempt of a worker that was lost is not missed")
    func lostWorker() {
        let job: Attributes = [Attribute.destinationName: "q/k", Attribute.messageID: "7"]
        var retry = Fixture.span("process q/k", trace: 1, 3, links: [Fixture.context(1, 1)], attributes: job)
        retry.attributes[Attribute.jobAttempt] = 2
        retry.links.append(SpanLink(PlantedFault.nowhere, attributes: [Attribute.linkRole: "previous_attempt"]))
        var rescue = Fixture.span("settle q/k", trace: 3, 4, attributes: job)
        let send = Fixture.span("send q/k", trace: 1, 1, attributes: job)
        #expect(report([send, retry, rescue]).findings.map(\.code) == [.danglingLink])
        rescue.attributes[Attribute.settleReason] = "rescue"
        #expect(report([send, retry, rescue]).findings.isEmpty)
        #expect(report([send, retry, rescue]).explainedEnds == [.lostWithWorker: 1])
    }

    @Test(
        "What a lost worker took along is not missed, if the link names it, and a span or the caller tells that it was lost"
    )
    func namedWorker() {
        let job: Attributes = [Attribute.destinationName: "q/k", Attribute.messageID: "7"]
        var retry = Fixture.span("process q/k", trace: 1, 3, links: [Fixture.context(1, 1)], attributes: job)
        retry.attributes[Attribute.jobAttempt] = 2
        retry.links.append(
            SpanLink(
                PlantedFault.nowhere,
                attributes: [Attribute.linkRole: "previous_attempt", "service.instance.id": "w1"]
            )
        )
        let send = Fixture.span("send q/k", trace: 1, 1, attributes: job)
        #expect(report([send, retry]).findings.map(\.code) == [.danglingLink])
        var lint = FlowLint()
        lint.horizon.lostWorkers = ["w1"]
        #expect(report([send, retry], lint).explainedEnds == [.lostWithWorker: 1])
        var lost = Fixture.span("process q/k", trace: 4, 5, attributes: [Attribute.errorType: "worker_lost"])
        lost.attributes["service.instance.id"] = "w1"
        #expect(report([send, retry, lost]).explainedEnds == [.lostWithWorker: 1])
        lost.attributes["service.instance.id"] = "w2"
        #expect(report([send, retry, lost]).explainedEnds.isEmpty)
    }
}
