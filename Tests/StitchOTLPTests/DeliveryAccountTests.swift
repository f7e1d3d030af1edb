// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TelemetrySDK
import Testing
import TraceContext

@testable import StitchOTLP

@Suite("Whatever the receiver does, every span is accounted for")
struct DeliveryAccountTests {
    enum Receiver: CaseIterable {
        case down, cutting, hanging, busy, busyAtTimes, refusing, leavingOut, working

        var script: [ScriptedServer.Step] {
            switch self {
            case .down, .cutting: [.cut]
            case .hanging: [.hang]
            case .busy: [.answer(503, ["Retry-After: 2"])]
            case .busyAtTimes: [.answer(429, ["Retry-After: 1"]), .cut, .answer(502), .answer(200)]
            case .refusing: [.answer(400)]
            case .leavingOut: [.answer(200, [], #"{"partialSuccess":{"rejectedSpans":"1"}}"#)]
            case .working: [.answer(200)]
            }
        }

        var deliversAll: Bool { self == .busyAtTimes || self == .working }
    }

    @Test("Ended is exported, dropped and failed together", arguments: Receiver.allCases)
    func account(receiver: Receiver) throws {
        let server = try ScriptedServer(receiver.script)
        defer { server.stop() }
        if receiver == .down { server.stop() }
        var configuration = OTLPHTTPConfiguration(endpoint: server.url)
        configuration.encoding = .json
        if receiver == .hanging { configuration.timeout = .milliseconds(5) }
        // However often it has to be asked, and however long the machine takes.
        if receiver.deliversAll { configuration.timeout = .seconds(3600) }
        let client = try CurlClient(CurlOptions(maximumAnswerSize: 1024))
        let exporter = OTLPHTTPExporter(configuration, transport: client, clock: TestClock())
        // The queue is small on purpose: whoever ends spans is quicker than any receiver.
        let processor = BatchSpanProcessor(exporter: exporter, capacity: 50, batchSize: 20, delay: 0)
        for number in 1...2_000 {
            let context = SpanContext(
                traceID: TraceID(high: 0, low: 1),
                spanID: SpanID(bits: UInt64(number)),
                flags: .sampled
            )
            processor.ended(SpanData(context: context, name: "span", start: .now, end: .now))
        }
        processor.shutdown(timeout: .seconds(600))
        let counts = processor.counts
        #expect(counts.ended == 2_000)
        #expect(counts.exported + counts.dropped + counts.failed == 2_000)
        #expect(receiver.deliversAll == (counts.failed == 0))
        if receiver == .leavingOut {
            // One of each batch.
            #expect(counts.failed == server.requests.count && counts.exported > 0)
        } else if !receiver.deliversAll {
            #expect(counts.exported == 0)
        }
    }

    @Test("A shutdown that has no time ends an export that hangs, and accounts for its spans")
    func hurriedShutdown() throws {
        let server = try ScriptedServer([.hang])
        defer { server.stop() }
        var configuration = OTLPHTTPConfiguration(endpoint: server.url)
        configuration.timeout = .seconds(3600)
        let processor = BatchSpanProcessor(exporter: try OTLPHTTPExporter(configuration), batchSize: 1, delay: 0)
        for number in UInt64(1)...3 {
            let context = SpanContext(traceID: TraceID(high: 0, low: 1), spanID: SpanID(bits: number), flags: .sampled)
            processor.ended(SpanData(context: context, name: "span", start: .now, end: .now))
        }
        server.waitForRequests(1)
        #expect(!processor.shutdown(timeout: .zero))
        #expect(processor.counts.failed == 1 && processor.counts.dropped == 2)
        // The thread comes to its end: a second shutdown finds it drained.
        #expect(processor.shutdown(timeout: .seconds(600)))
    }
}
