// SPDX-License-Identifier: Apache-2.0

import StitchOTLP
import Synchronization
import TelemetryData
import Testing

private struct Unreachable: Error {}

/// Takes requests, and answers as it is told.
private final class Receiver: Sendable {
    let requests = Mutex<[(body: [UInt8], type: String)]>([])
    let answer: [UInt8]

    init(answer: [UInt8] = []) { self.answer = answer }

    func take(_ body: [UInt8], _ type: String) -> [UInt8] {
        requests.withLock { $0.append((body, type)) }
        return answer
    }
}

@Suite("Metrics sent as OTLP")
struct OTLPMetricExporterTests {
    private let metrics = [
        MetricData(name: "n", .gauge([NumberPoint(time: Timestamp(nanoseconds: 2), value: .int(1))]))
    ]

    @Test("A report is one request, of the encoding's media type", arguments: OTLPFormat.allCases)
    func request(format: OTLPFormat) throws {
        let receiver = Receiver()
        try OTLPMetricExporter(format: format, post: receiver.take).export(metrics)
        let requests = receiver.requests.withLock { $0 }
        #expect(requests.map(\.body) == [OTLPMetrics.encode(metrics, as: format)])
        #expect(requests.map(\.type) == [format.contentType])
    }

    @Test("Points that the receiver left out are told as lost; a mere warning, or an answer of nonsense, is no loss")
    func partialSuccess() throws {
        for format in OTLPFormat.allCases {
            let partial = OTLPResponse(rejectedCount: 1, errorMessage: "too\nold").encode(as: format, signal: .metrics)
            let exporter = OTLPMetricExporter(format: format, post: Receiver(answer: partial).take)
            let error = #expect(throws: OTLPError.self) { try exporter.export(metrics) }
            #expect(error?.code == .rejected && error?.isRetryable == false)
            #expect(error?.message.hasSuffix("left out 1 of 1 points of metrics, for good: too old") == true)
            let warning = OTLPResponse(errorMessage: "slow").encode(as: format, signal: .metrics)
            try OTLPMetricExporter(format: format, post: Receiver(answer: warning).take).export(metrics)
            try OTLPMetricExporter(format: format, post: Receiver(answer: [1, 2, 3]).take).export(metrics)
        }
    }

    @Test("What the post throws is thrown on, and a shutdown ends it")
    func failure() {
        let ends = Mutex(0)
        let exporter = OTLPMetricExporter(post: { _, _ in throw Unreachable() }, end: { ends.withLock { $0 += 1 } })
        #expect(throws: Unreachable.self) { try exporter.export(metrics) }
        exporter.shutdown()
        #expect(ends.withLock { $0 } == 1)
    }
}
