// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchOTLP
import TelemetryData
import Testing
import TraceContext

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

@Suite("Spans to Jaeger", .enabled(if: ServerPack.isExpected, "needs STITCH_TEST_SERVERS"))
struct OTLPJaegerTests {
    @Test("Jaeger shows our spans with their parents, kinds, times, links and errors")
    func query() async throws {
        let trace = TraceID(high: 0x5b8e_fff7_9803_8103, low: 0xd269_b633_813f_c60c)
        let sent = SpanSamples.all(trace: trace)
        try await ServerPack.with("jaeger") { jaeger in
            let endpoint = "\(try jaeger.setting("JAEGER_OTLP_HTTP"))/v1/traces"
            try await OTLPReceiver.export(OTLPHTTPExporter(OTLPHTTPConfiguration(endpoint: endpoint))) { exporter in
                try exporter.export(SpanBatch(sent))
            }
            // A trace can be read as soon as its sender has the answer.
            let address = "\(try jaeger.setting("JAEGER_QUERY_HTTP"))/api/v3/traces/\(trace)?raw_traces=true"
            let (data, _) = try await URLSession.shared.data(from: try #require(URL(string: address)))
            let answer = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            let result = try JSONSerialization.data(withJSONObject: try #require(answer["result"]))
            let shown = try OTLPJSONLines.decode(line: result).sorted { $0.spanID.bits < $1.spanID.bits }
            #expect(shown.count == sent.count)
            for (shown, sent) in zip(shown, sent) {
                #expect(shown.spanID == sent.spanID && shown.parentSpanID == sent.parentSpanID)
                #expect(shown.kind == sent.kind && shown.name == sent.name && shown.status == sent.status)
                #expect(shown.start == sent.start && shown.end == sent.end)
                #expect(shown.links == sent.links && shown.events == sent.events)
                #expect(shown.droppedLinkCount == sent.droppedLinkCount)
                #expect(shown.resource.serviceName == "billing")
            }
        }
    }
}
