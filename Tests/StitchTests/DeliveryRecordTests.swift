// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Stitch

@Suite("What is told of deliveries")
struct DeliveryRecordTests {
    @Test("Of many failures the first is told, and of many deliveries the first after them, with what was lost")
    func outage() {
        var record = DeliveryRecord(.spans)
        #expect(record.delivered() == nil)
        #expect(record.failed(lost: 3, "gone", isUnreachable: true) == "spans are not delivered any more: gone")
        for _ in 1...100 { #expect(record.failed(lost: 1, "gone", isUnreachable: true) == nil) }
        #expect(record.reason == "gone")
        #expect(record.delivered() == "spans are delivered again; 103 were lost meanwhile")
        #expect(record.delivered() == nil && record.reason == nil)
        #expect(record.missing == nil, "that was told already")
        #expect(record.failed(lost: 1, "gone again", isUnreachable: false)?.hasSuffix("gone again") == true)
    }

    @Test("Of metrics nobody counts what is missing: the next report has it")
    func metrics() {
        var record = DeliveryRecord(.metrics)
        #expect(record.failed(lost: 0, "gone", isUnreachable: true) == "metrics are not delivered any more: gone")
        #expect(record.missing == .init(subject: .metrics, count: 0, reason: "gone", isUnreachable: true))
        #expect(record.delivered() == "metrics are delivered again")
        #expect(record.missing == nil)
    }

    @Test("Once the end has begun failures are missing, and not told one by one")
    func end() {
        var record = DeliveryRecord(.spans)
        record.end()
        #expect(record.failed(lost: 2, "gone", isUnreachable: true) == nil)
        #expect(record.failed(lost: 1, "still gone", isUnreachable: true) == nil)
        #expect(record.missing == .init(subject: .spans, count: 3, reason: "still gone", isUnreachable: true))
        #expect(record.delivered()?.contains("again; 3 were lost") == true)
        #expect(record.missing == nil)
    }

    @Test("What a receiver leaves out is told at the first time and whenever it has doubled, the rest at the end")
    func leftOut() {
        var record = DeliveryRecord(.spans)
        let told = (1...9).filter { _ in record.delivered(without: 1, "too old") != nil }
        #expect(told == [1, 2, 4, 8])
        #expect(record.missing == .init(subject: .spans, count: 1, reason: "too old", isUnreachable: false))
        record.end()
        #expect(record.delivered(without: 100, "too old") == nil)
        #expect(record.missing?.count == 101)
    }

    @Test("A batch that is taken in part ends an outage too")
    func partlyAgain() {
        var record = DeliveryRecord(.spans)
        _ = record.failed(lost: 5, "gone", isUnreachable: true)
        let told = record.delivered(without: 2, "too old")
        #expect(told == "spans are delivered again; 5 were lost meanwhile; of the last ones 2 were left out: too old")
        #expect(record.missing == nil)
    }

    @Test("At the end one line says what nobody took, why, and what to change; others have a line each")
    func summary() {
        let spans = DeliveryRecord.Missing(subject: .spans, count: 3, reason: "nobody", isUnreachable: true)
        let metrics = DeliveryRecord.Missing(subject: .metrics, count: 0, reason: "nobody", isUnreachable: true)
        let receiver = "name a receiver with OTEL_EXPORTER_OTLP_ENDPOINT, or send none with "
        #expect(DeliveryRecord.summary([]).isEmpty)
        #expect(
            DeliveryRecord.summary([spans, metrics]) == [
                "3 spans and the last metrics could not be delivered: nobody; \(receiver)OTEL_TRACES_EXPORTER=none "
                    + "and OTEL_METRICS_EXPORTER=none"
            ]
        )
        #expect(
            DeliveryRecord.summary([metrics]) == [
                "the last metrics could not be delivered: nobody; \(receiver)OTEL_METRICS_EXPORTER=none"
            ]
        )
        let file = DeliveryRecord.Missing(subject: .spans, count: 1, reason: "disk full", isUnreachable: false)
        let lines = DeliveryRecord.summary([file, spans])
        #expect(lines.count == 2 && lines[0] == "1 span could not be delivered: disk full")
    }
}
