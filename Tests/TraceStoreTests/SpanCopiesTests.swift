// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext
import TraceFlow

@testable import TelemetryData
@testable import TraceStore

@Suite("Copies of a span")
struct SpanCopiesTests {
    private func span(_ numbers: Range<Int>) -> SpanData {
        let elements = numbers.map { Attributes.Element(key: "key.\($0)", value: .int(Int64($0))) }
        return SpanData(
            context: SpanContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(bits: 3), flags: .sampled),
            name: "large",
            start: Timestamp(nanoseconds: 1_000),
            end: Timestamp(nanoseconds: 2_000),
            attributes: Attributes(distinct: elements)
        )
    }

    @Test(
        "Of many attributes they are united in time in proportion, by themselves and in a store",
        .timeLimit(.minutes(3)),
        arguments: StoreKind.allCases
    )
    func many(_ kind: StoreKind) async throws {
        let (early, late) = (span(0..<50_000), span(25_000..<75_000))
        let united = late.united(withEarlier: early)
        let expected = (Array(25_000..<75_000) + Array(0..<25_000)).map { "key.\($0)" }
        #expect(united.attributes.elements.map(\.key) == expected)
        try await kind.withStore { store in
            try await store.append([early, late])
            #expect(try await store.asked.spans(of: [early.traceID]) == [united])
        }
    }
}
