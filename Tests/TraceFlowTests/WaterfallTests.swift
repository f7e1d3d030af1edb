// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing
import TraceFlow

@Suite("Waits, and a flow in rows")
struct WaterfallTests {
    private typealias Attribute = MessagingConventions.Attribute

    @Test("The parts of a wait lie one after the other and end where the work begins")
    func parts() {
        let span = Fixture.span(
            "process q/k",
            trace: 1,
            1,
            start: 10_000,
            attributes: [
                Attribute.wait: 6.0, Attribute.waitScheduled: 3.0, Attribute.waitBackoff: 0.0, Attribute.waitReady: 2.0,
            ]
        )
        let waits = span.waits
        #expect(waits.map(\.reason) == [.scheduled, .ready])
        #expect(waits.map(\.duration) == [.seconds(3), .seconds(2)])
        #expect(waits.last?.end == span.start)
        #expect(waits[0].end == waits[1].start)
    }

    @Test("A wait without parts was in a topic; an absurd one doesn't begin before 1970")
    func topic() {
        let plain = Fixture.span("process t", trace: 1, 1, attributes: [Attribute.wait: 0.5])
        #expect(plain.waits.map(\.reason) == [.topic])
        for absurd in [1e300, .infinity, -.infinity, .nan, -1.0] {
            let span = Fixture.span("process t", trace: 1, 1, attributes: [Attribute.wait: .double(absurd)])
            #expect(span.waits.allSatisfy { $0.start <= $0.end })
        }
    }

    @Test("Each span stands under what caused it, also across traces")
    func rows() {
        let index = SpanIndex(Fixture.twoOrders)
        let waterfall = Waterfall(index.flow(from: Fixture.twoOrders[0]))
        #expect(waterfall.rows.map(\.span.spanID.bits) == [10, 11, 12, 13, 30, 31])
        #expect(waterfall.rows.map(\.depth) == [0, 1, 2, 3, 4, 5])
        #expect(waterfall.rows.map(\.startsTrace) == [false, false, false, false, true, false])
        #expect(waterfall.rows[4].companions == 1)
    }

    @Test("A chain as deep as a flow may be is laid out")
    func deep() {
        let spans = (1...9_000).map { Fixture.span("hop", trace: 1, $0, parent: $0 == 1 ? nil : $0 - 1) }
        let waterfall = Waterfall(SpanIndex(spans).flow(from: spans[0]))
        #expect(waterfall.rows.last?.depth == 8_999)
    }
}
