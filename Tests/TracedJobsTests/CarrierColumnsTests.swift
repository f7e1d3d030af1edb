// SPDX-License-Identifier: Apache-2.0

import Foundation
import MessageTracing
import Testing
import TraceContext

@testable import TracedJobs

@Suite("A carrier in a row")
struct CarrierColumnsTests {
    @Test("All fields come back as they were, W3C's in typed columns and others too")
    func roundTrip() {
        var carrier = ContextCarrier()
        carrier["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03"
        carrier["tracestate"] = "a=1,b=2"
        carrier["baggage"] = "user=7;p=q"
        carrier["b3"] = "0"
        let columns = CarrierColumns(carrier)
        #expect(columns.traceUUID?.uuidString.lowercased() == "0af76519-16cd-43dd-8448-eb211c80319c")
        #expect(columns.spanNumber == Int64(bitPattern: 0xb7ad_6b71_6920_3331) && columns.flags == 3)
        let again = columns.carrier
        for field in carrier.fields { #expect(again[field.name] == field.value) }
        #expect(again.fields.count == 4)
    }

    @Test("A carrier without a context, or with one that is not valid, loses nothing and never throws")
    func invalid() {
        var carrier = ContextCarrier()
        carrier["traceparent"] = "rubbish"
        carrier["tracestate"] = "a=1"
        carrier["bad"] = "nul\0"
        let columns = CarrierColumns(carrier)
        #expect(columns.creation == nil)
        #expect(columns.carrier["traceparent"] == "rubbish")
        #expect(columns.carrier["bad"] == nil)
        #expect(CarrierColumns(ContextCarrier()).carrier.isEmpty)
    }

    @Test(
        "What another program wrote that is no text costs no other field, and a column goes before a field of its name"
    )
    func foreign() {
        var columns = CarrierColumns(ContextCarrier())
        columns.others = #"{"b3": "0", "baggage": {"a": 1}, "stitch": 7, "x": null}"#
        #expect(columns.carrier.fields.map(\.name) == ["b3"])
        for json in ["[]", "7", "\"b3\"", "null", "{", ""] {
            columns.others = json
            #expect(columns.carrier.isEmpty)
        }
        func context(span: Int64, flags: Int16?) -> SpanContext? {
            SpanContext(trace: UUID(TraceID(high: 1, low: 1)), span: span, flags: flags)
        }
        columns.creation = context(span: 0x0202_0202_0202_0202, flags: 0)
        columns.baggage = "user=7"
        columns.others =
            #"{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03", "baggage": "user=8"}"#
        #expect(columns.carrier.spanContext?.spanID == SpanID(bits: 0x0202_0202_0202_0202))
        #expect(columns.carrier["baggage"] == "user=7")
        columns.creation = context(span: 0x0202_0202_0202_0202, flags: -1)
        #expect(columns.carrier.spanContext?.flags == [.sampled, .random])
        columns.creation = context(span: 0, flags: 1)
        #expect(columns.carrier.spanContext?.spanID == SpanID(bits: 0xb7ad_6b71_6920_3331))
    }

    @Test("A wait is split by what the job waited for")
    func waits() {
        let scheduled = MessageWait(for: "schedule", total: .seconds(70), untilDue: .seconds(60))
        #expect(scheduled == MessageWait(total: .seconds(70), scheduled: .seconds(60), ready: .seconds(10)))
        let retried = MessageWait(for: "retry", total: .seconds(7), untilDue: .seconds(5))
        #expect(retried == MessageWait(total: .seconds(7), ready: .seconds(2), backoff: .seconds(5)))
        let rescued = MessageWait(for: "rescue", total: .seconds(7), untilDue: .zero)
        #expect(rescued == MessageWait(total: .seconds(7), ready: .seconds(7)))
    }
}
