// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import TraceFlow

@Suite("Spans that aren't there")
struct MissingEndTests {
    private typealias Attribute = MessagingConventions.Attribute

    private func missing(_ spans: [SpanData], _ horizon: FlowHorizon = FlowHorizon()) -> [MissingEnd] {
        SpanIndex(spans).flow(from: spans[0], horizon: horizon).missing
    }

    private func work(_ role: MessagingConventions.LinkRole = .creation) -> SpanData {
        var span = Fixture.span("process orders", trace: 1, 5, links: [Fixture.context(7, 7)])
        span.links[0].attributes[Attribute.linkRole] = .string(role.rawValue)
        return span
    }

    @Test("An end that isn't there is named with what it was and who refers to it, and is unexplained by itself")
    func named() {
        let orphan = Fixture.span("work", trace: 1, 2, parent: 1)
        #expect(
            missing([orphan]) == [
                MissingEnd(
                    span: orphan.reference,
                    end: SpanReference(Fixture.context(1, 1)),
                    relation: .parent,
                    cause: .unexplained
                )
            ]
        )
        #expect(missing([work()]).map(\.relation) == [.creation])
        #expect(missing([work(.previousAttempt)]).map(\.relation) == [.previousAttempt])
        #expect(missing([work(.ambient)]).isEmpty)
    }

    @Test("A parent that is also what created the message is named once")
    func once() {
        let span = Fixture.span("process orders", trace: 1, 2, parent: 1, links: [Fixture.context(1, 1)])
        #expect(missing([span]).map(\.relation) == [.other])
    }

    @Test("What was not sampled is known from the link, unless something of its trace is there")
    func notSampled() {
        var span = work()
        span.links[0].context.flags = []
        #expect(missing([span]).map(\.cause) == [.notSampled])
        let other = Fixture.span("other", trace: 7, 8)
        #expect(missing([span, other]).map(\.cause) == [.unexplained])
    }

    @Test("What is young may still arrive, and what is older than anything kept has expired")
    func age() {
        var span = work()
        let now = span.end.advanced(by: .seconds(30))
        #expect(missing([span], FlowHorizon(now: now)).map(\.cause) == [.notArrived])
        #expect(missing([span], FlowHorizon(now: now, delay: .seconds(20))).map(\.cause) == [.unexplained])
        let oldest = span.start.advanced(by: .seconds(-60))
        #expect(missing([span], FlowHorizon(oldest: oldest)).map(\.cause) == [.unexplained])
        span.attributes[Attribute.wait] = 90.0
        #expect(missing([span], FlowHorizon(oldest: oldest)).map(\.cause) == [.expired])
    }

    @Test("What a lost worker took along is known from the link, or from the worker's own resource")
    func lost() {
        var attempt = work(.previousAttempt)
        attempt.links[0].attributes["service.instance.id"] = "w1"
        #expect(missing([attempt]).map(\.cause) == [.unexplained])
        #expect(missing([attempt], FlowHorizon(lostWorkers: ["w1"])).map(\.cause) == [.lost(worker: "w1")])
        var orphan = Fixture.span("work", trace: 1, 2, parent: 1)
        orphan.resource.attributes["service.instance.id"] = "w1"
        var told = Fixture.span("process orders", trace: 1, 3, parent: 2)
        told.status = .error("lost")
        told.attributes[Attribute.errorType] = "worker_lost"
        told.attributes["service.instance.id"] = "w1"
        #expect(missing([orphan, told]).map(\.cause) == [.lost(worker: "w1")])
    }

    @Test("Times at both ends of what 64 bits can say are no trap")
    func absurd() {
        for time in [0, 1, UInt64.max - 1, .max] {
            for other in [0, 1, UInt64.max - 1, .max] {
                var span = work()
                span.start = Timestamp(nanoseconds: time)
                span.end = Timestamp(nanoseconds: other)
                span.attributes[Attribute.wait] = .double(.infinity)
                for horizon in [0, UInt64.max] {
                    let moment = Timestamp(nanoseconds: horizon)
                    #expect(missing([span], FlowHorizon(now: moment, oldest: moment)).count == 1)
                }
            }
        }
    }
}
