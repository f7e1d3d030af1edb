// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing
import TraceFlow

@Suite("What keeps a flow from being whole")
struct FlowProblemTests {
    private func problems(_ spans: [SpanData]) -> [FlowProblem] {
        let index = SpanIndex(spans)
        return index.problems(of: index.flow(from: spans[0]))
    }

    @Test("A whole flow has none")
    func whole() {
        #expect(problems(Fixture.twoOrders).isEmpty)
    }

    @Test("Missing ends are named, and so is the hop that has them")
    func missingEnds() throws {
        let found = problems([
            Fixture.span("send orders", trace: 1, 1, parent: 7),
            Fixture.span(
                "process orders",
                trace: 1,
                2,
                parent: 1,
                links: [Fixture.context(1, 1), Fixture.context(5, 5)]
            ),
        ])
        #expect(found.map(\.kind) == [.orphan, .danglingLink])
        #expect(found.last?.description.contains("process orders (shop") == true)
    }

    @Test("A message without a link to its creation, and a retry without one to the attempt before, are found")
    func links() {
        let attempt: Attributes = [MessagingConventions.Attribute.jobAttempt: 2]
        let found = problems([
            Fixture.span("send q/k", trace: 1, 1),
            Fixture.span("process q/k", trace: 1, 2, parent: 1),
            Fixture.span("process q/k", trace: 1, 3, parent: 1, links: [Fixture.context(1, 1)], attributes: attempt),
        ])
        #expect(found.map(\.kind) == [.missingCreationLink, .retryWithoutLink])
    }
}
