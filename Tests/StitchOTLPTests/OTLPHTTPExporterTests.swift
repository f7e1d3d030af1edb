// SPDX-License-Identifier: Apache-2.0

import CStitchZlib
import Foundation
import StitchService
import Synchronization
import TelemetryData
import Testing
import TraceContext

@testable import StitchOTLP

private func span(_ name: String = "send orders") -> SpanData {
    SpanData(
        context: SpanContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(bits: 3), flags: .sampled),
        name: name,
        start: Timestamp(nanoseconds: 5),
        end: Timestamp(nanoseconds: 7)
    )
}

/// An exporter over the network whose waits take no time.
private func exporter(
    to server: ScriptedServer,
    clock: TestClock = TestClock(),
    _ configure: (inout OTLPHTTPConfiguration) -> Void = { _ in }
) throws -> OTLPHTTPExporter {
    var configuration = OTLPHTTPConfiguration(endpoint: server.url)
    // What the servers of the scripts say is JSON.
    configuration.encoding = .json
    configure(&configuration)
    let client = try CurlClient(CurlOptions(maximumAnswerSize: configuration.maximumAnswerSize))
    return OTLPHTTPExporter(configuration, transport: client, clock: clock)
}

private func inflated(_ bytes: [UInt8]) throws -> [UInt8] {
    var stream = z_stream()
    #expect(inflateInit2_(&stream, MAX_WBITS + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK)
    defer { inflateEnd(&stream) }
    var (input, output) = (bytes, [UInt8](repeating: 0, count: 1 << 20))
    let result = input.withUnsafeMutableBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            return inflate(&stream, Z_FINISH)
        }
    }
    #expect(result == Z_STREAM_END)
    return Array(output.prefix(Int(stream.total_out)))
}

@Suite("OTLP over HTTP")
struct OTLPHTTPExporterTests {
    @Test("A batch arrives as one compressed request with the headers that were asked for, and no trace of its own")
    func delivery() throws {
        let server = try ScriptedServer([.answer(200, [], "{}")])
        defer { server.stop() }
        let exporter = try exporter(to: server) {
            $0.headers = [("Authorization", "Bearer abc"), ("x-tenant", "a b"), ("Content-Type", "text/plain")]
        }
        try exporter.export(SpanBatch([span("a"), span("b")]))
        let request = try #require(server.requests.first)
        #expect(request.head.hasPrefix("POST /v1/traces HTTP/1.1\r\n"))
        #expect(request.value(of: "content-type") == "application/json")
        #expect(request.value(of: "content-encoding") == "gzip")
        #expect(request.value(of: "user-agent")?.hasPrefix("OTel-OTLP-Exporter-Swift/") == true)
        #expect(request.value(of: "authorization") == "Bearer abc")
        #expect(request.value(of: "x-tenant") == "a b")
        #expect(request.value(of: "traceparent") == nil && request.value(of: "expect") == nil)
        let spans = try OTLPJSONLines.decode(line: inflated(request.body))
        #expect(spans == [span("a"), span("b")])
    }

    @Test("Without compression the request is plain")
    func plain() throws {
        let server = try ScriptedServer([.answer(200)])
        defer { server.stop() }
        try exporter(to: server) { $0.compression = .none }.export(SpanBatch([span()]))
        let request = try #require(server.requests.first)
        #expect(request.value(of: "content-encoding") == nil)
        #expect(try OTLPJSONLines.decode(line: request.body) == [span()])
    }

    @Test("Protobuf is what is spoken unless told otherwise")
    func protobuf() throws {
        let server = try ScriptedServer([.answer(200, [], "\u{A}\u{6}\u{8}\u{1}\u{12}\u{2}no")])
        defer { server.stop() }
        let error = #expect(throws: PartialExport.self) {
            try exporter(to: server) { $0.encoding = OTLPHTTPConfiguration().encoding }.export(SpanBatch([span()]))
        }
        #expect(error?.lostSpanCount == 1 && error?.message.hasSuffix("1 of 1 spans: no") == true)
        let request = try #require(server.requests.first)
        #expect(request.value(of: "content-type") == "application/x-protobuf")
        #expect(try OTLP.decode(inflated(request.body)).spans == [span()])
    }

    @Test("A busy receiver gets the same request again, no earlier than it wished")
    func busy() throws {
        let server = try ScriptedServer([
            .answer(503, ["Retry-After: 3"]), .answer(429, ["retry-after: Sun, 06 Nov 1994 08:49:44 GMT"]),
            .answer(200),
        ])
        defer { server.stop() }
        let clock = TestClock()
        try exporter(to: server, clock: clock).export(SpanBatch([span()]))
        // The clock began at 08:49:37.
        #expect(clock.waits == [.seconds(3), .seconds(4)])
        #expect(Set(server.requests.map(\.body)).count == 1 && server.requests.count == 3)
    }

    @Test("A wish beyond the timeout holds for the batches after it, which wait rather than be sent")
    func busyForLong() throws {
        let server = try ScriptedServer([.answer(503, ["Retry-After: 25"]), .answer(200)])
        defer { server.stop() }
        let clock = TestClock()
        let exporter = try exporter(to: server, clock: clock)
        let first = #expect(throws: OTLPError.self) { try exporter.export(SpanBatch([span()])) }
        #expect(first?.message.contains("status 503") == true)
        for _ in 1...2 {
            let error = #expect(throws: OTLPError.self) { try exporter.export(SpanBatch([span()])) }
            #expect(error?.code == .unreachable && error?.message.contains("asked to be left alone") == true)
            #expect(server.requests.count == 1)
        }
        for _ in 1...2 { try exporter.export(SpanBatch([span()])) }
        #expect(clock.waits == [10, 10, 5].map { .seconds($0) } && server.requests.count == 3)
    }

    @Test("The end of the process is not spent on waiting for a wish that goes beyond it")
    func busyAtEnd() throws {
        let server = try ScriptedServer([.answer(503, ["Retry-After: 25"]), .answer(200)])
        defer { server.stop() }
        let clock = TestClock()
        let exporter = try exporter(to: server, clock: clock)
        #expect(throws: OTLPError.self) { try exporter.export(SpanBatch([span()])) }
        exporter.finish(within: .seconds(5))
        #expect(throws: OTLPError.self) { try exporter.export(SpanBatch([span()])) }
        #expect(server.requests.count == 1 && clock.waits.isEmpty)
    }

    @Test("A lost connection is tried again")
    func cut() throws {
        let server = try ScriptedServer([.cut, .cut, .answer(200)])
        defer { server.stop() }
        let clock = TestClock()
        try exporter(to: server, clock: clock).export(SpanBatch([span()]))
        #expect(server.requests.count == 3 && clock.waits.count == 2)
    }

    @Test("What was taken is not sent again because the connection is lost in the middle of the answer")
    func cutWithin() throws {
        let server = try ScriptedServer([.cutWithin(200), .answer(200)])
        defer { server.stop() }
        try exporter(to: server).export(SpanBatch([span()]))
        #expect(server.requests.count == 1)
    }

    @Test(
        "What the receiver refuses is not sent again, and the error says why",
        arguments: [ScriptedServer.Step.answer(400, ["Retry-After: 1"], #"{"message":"bad\nspan"}"#), .cutWithin(400)]
    )
    func refused(step: ScriptedServer.Step) throws {
        let server = try ScriptedServer([step])
        defer { server.stop() }
        let error = #expect(throws: OTLPError.self) { try exporter(to: server).export(SpanBatch([span()])) }
        #expect(error?.code == .refused && error?.isRetryable == false)
        #expect(error?.message.contains("status 400") == true && error?.message.contains("\n") == false)
        #expect(server.requests.count == 1)
    }

    /// A span of three megabytes.
    private func largeSpan() -> SpanData {
        var large = span()
        large.attributes["body"] = .string(String(repeating: "x", count: 3 << 20))
        return large
    }

    @Test("Spans of many megabytes are sent in several requests, and what is refused of one is no loss of the others")
    func large() throws {
        let server = try ScriptedServer([.answer(200), .answer(400), .answer(200)])
        defer { server.stop() }
        let exporter = try exporter(to: server)
        try exporter.export(SpanBatch([largeSpan()]))
        let error = #expect(throws: PartialExport.self) { try exporter.export(SpanBatch([largeSpan(), largeSpan()])) }
        #expect(error?.lostSpanCount == 1 && error?.message.contains("status 400") == true)
        #expect(server.requests.count == 3)
    }

    @Test("Where nobody can be reached with the first of several requests, the others are not tried")
    func largeToNobody() throws {
        let server = try ScriptedServer([.answer(503, ["Retry-After: 3600"]), .answer(200)])
        defer { server.stop() }
        let exporter = try exporter(to: server, clock: TestClock())
        #expect(throws: OTLPError.self) { try exporter.export(SpanBatch([largeSpan(), largeSpan(), largeSpan()])) }
        #expect(server.requests.count == 1)
    }

    @Test("A redirection is refused: no header follows it to another server")
    func redirection() throws {
        let other = try ScriptedServer([.answer(200)])
        let server = try ScriptedServer([.answer(307, ["Location: \(other.url)"])])
        defer { [server, other].forEach { $0.stop() } }
        let error = #expect(throws: OTLPError.self) { try exporter(to: server).export(SpanBatch([span()])) }
        #expect(error?.code == .refused && other.requests.isEmpty)
    }

    @Test("A partial success is final, and tells how many spans were left out")
    func partial() throws {
        let said = #"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}"#
        let server = try ScriptedServer([.answer(200, [], said)])
        defer { server.stop() }
        let error = #expect(throws: PartialExport.self) {
            try exporter(to: server).export(SpanBatch([span(), span(), span()]))
        }
        #expect(error?.lostSpanCount == 2 && error?.message.hasSuffix("2 of 3 spans: too old") == true)
        #expect(server.requests.count == 1)
    }

    @Test(
        "An answer of nothing, of an empty partial success or of nonsense is a success",
        arguments: [
            "", "{}", #"{"partialSuccess":{}}"#, #"{"partialSuccess":{"rejectedSpans":0}}"#, "<html>", "[1",
        ]
    )
    func success(answer: String) throws {
        let server = try ScriptedServer([.answer(200, [], answer)])
        defer { server.stop() }
        try exporter(to: server).export(SpanBatch([span()]))
        #expect(server.requests.count == 1)
    }

    @Test("Nobody at the other end is tried until the deadline, and the error can be retried")
    func down() throws {
        let server = try ScriptedServer([.cut])
        let clock = TestClock()
        let exporter = try exporter(to: server, clock: clock)
        server.stop()
        // The listener is gone once a first connection fails; until then connections are cut.
        let error = #expect(throws: OTLPError.self) { try exporter.export(SpanBatch([span()])) }
        #expect(error?.code == .unreachable && error?.isRetryable == true)
        #expect(clock.waits.count >= 2 && clock.elapsed < .seconds(10))
    }

    @Test("A receiver that never answers costs no more than the deadline")
    func slow() throws {
        let server = try ScriptedServer([.hang])
        defer { server.stop() }
        let error = #expect(throws: OTLPError.self) {
            try exporter(to: server) { $0.timeout = .milliseconds(50) }.export(SpanBatch([span()]))
        }
        #expect(error?.code == .unreachable && error?.message.contains("silence") == true)
        #expect(server.requests.count == 1)
    }

    @Test("An answer that is no HTTP ends the export")
    func babble() throws {
        let server = try ScriptedServer([.babble])
        defer { server.stop() }
        let error = #expect(throws: OTLPError.self) { try exporter(to: server).export(SpanBatch([span()])) }
        #expect(error?.code == .refused && server.requests.count == 1)
    }

    @Test("An answer that is too large counts by its status, and no more of it is kept than is allowed")
    func largeAnswers() throws {
        let large = #"{"message":""# + String(repeating: "x", count: 1 << 20)
        let server = try ScriptedServer([.answer(503, [], large), .answer(200, [], large), .answer(400, [], large)])
        defer { server.stop() }
        let exporter = try exporter(to: server) { $0.maximumAnswerSize = 1024 }
        try exporter.export(SpanBatch([span()]))
        #expect(server.requests.count == 2)
        let error = #expect(throws: OTLPError.self) { try exporter.export(SpanBatch([span()])) }
        #expect(error?.message.contains("status 400") == true && server.requests.count == 3)
        let client = try CurlClient(CurlOptions(maximumAnswerSize: 1024))
        let answer = client.post(HTTPPost(url: server.url, fields: [], body: []), within: .seconds(60)).answer
        #expect(answer?.status == 400 && answer?.body.count == 1024)
    }

    @Test("A request above the limit is not sent")
    func tooLarge() throws {
        let server = try ScriptedServer([.answer(200)])
        defer { server.stop() }
        let error = #expect(throws: OTLPError.self) {
            try exporter(to: server) { $0.maximumRequestSize = 10 }.export(SpanBatch([span()]))
        }
        #expect(error?.code == .tooLarge && server.requests.isEmpty)
    }

    @Test("A shutdown ends a transfer that hangs, and nothing is sent after it")
    func shutdownInTransfer() throws {
        let server = try ScriptedServer([.hang])
        defer { server.stop() }
        let exporter = try exporter(to: server) { $0.timeout = .seconds(3600) }
        Thread {
            server.waitForRequests(1)
            exporter.shutdown()
        }.start()
        for _ in 1...2 {
            let error = #expect(throws: OTLPError.self) { try exporter.export(SpanBatch([span()])) }
            #expect(error?.code == .shutDown)
        }
        #expect(server.requests.count == 1)
    }

    @Test("A shutdown ends a wait for the next attempt")
    func shutdownInWait() throws {
        let server = try ScriptedServer([.answer(503)])
        defer { server.stop() }
        let clock = TestClock(blocks: true)
        let exporter = try exporter(to: server, clock: clock)
        Thread {
            clock.untilWaiting()
            exporter.shutdown()
        }.start()
        let error = #expect(throws: OTLPError.self) { try exporter.export(SpanBatch([span()])) }
        #expect(error?.code == .shutDown && server.requests.count == 1)
    }

    @Test("Once the process is about to end, nobody at the other end is tried once and no more")
    func finishNobody() throws {
        let server = try ScriptedServer([.answer(200)])
        let clock = TestClock()
        let exporter = try exporter(to: server, clock: clock)
        server.stopAndWait()
        exporter.finish(within: .seconds(3600))
        for _ in 1...2 {
            let error = #expect(throws: OTLPError.self) { try exporter.export(SpanBatch([span()])) }
            #expect(error?.code == .unreachable && error?.message.contains("can't be reached") == true)
        }
        #expect(clock.waits.isEmpty)
    }

    @Test("A wait for the next attempt ends when the process is about to, and the attempt is the last")
    func finishInWait() throws {
        let server = try ScriptedServer([.answer(200)])
        let clock = TestClock(blocks: true)
        let exporter = try exporter(to: server, clock: clock)
        server.stopAndWait()
        Thread {
            clock.untilWaiting()
            exporter.finish(within: .seconds(5))
        }.start()
        let error = #expect(throws: OTLPError.self) { try exporter.export(SpanBatch([span()])) }
        #expect(error?.message.contains("can't be reached") == true)
        #expect(clock.waits.count == 1)
    }

    @Test("Whoever is there still gets what waits, and one who is busy is asked again")
    func finishDelivers() throws {
        let server = try ScriptedServer([.answer(503), .cut, .answer(200)])
        defer { server.stop() }
        let exporter = try exporter(to: server)
        exporter.finish(within: .seconds(3600))
        try exporter.export(SpanBatch([span()]))
        #expect(server.requests.count == 3)
    }

    @Test("A receiver that never answers costs no more than the end of the process allows")
    func finishInTransfer() throws {
        let server = try ScriptedServer([.hang])
        defer { server.stop() }
        let exporter = try exporter(to: server) { $0.timeout = .seconds(3600) }
        Thread {
            server.waitForRequests(1)
            exporter.finish(within: .milliseconds(20))
        }.start()
        let error = #expect(throws: OTLPError.self) { try exporter.export(SpanBatch([span()])) }
        #expect(error?.message.contains("before the shutdown") == true && error?.message.contains("silence") == true)
    }

    @Test("After the end of the process's time nothing is sent")
    func finished() throws {
        let server = try ScriptedServer([.answer(200)])
        defer { server.stop() }
        let exporter = try exporter(to: server)
        exporter.finish(within: .zero)
        let error = #expect(throws: OTLPError.self) { try exporter.export(SpanBatch([span()])) }
        #expect(error?.code == .unreachable && error?.message.contains("no time was left") == true)
        #expect(server.requests.isEmpty)
    }

    @Test("Metrics are sent as spans are, with the same rules")
    func metrics() throws {
        let server = try ScriptedServer([.answer(200)])
        defer { server.stop() }
        var configuration = OTLPHTTPConfiguration(endpoint: server.url)
        configuration.compression = .none
        let exporter = try OTLPHTTPMetricExporter(configuration)
        let report = [MetricData(name: "n", .gauge([NumberPoint(time: Timestamp(nanoseconds: 2), value: .int(1))]))]
        try exporter.export(report)
        #expect(try OTLPMetrics.decode(#require(server.requests.first).body) == report)
        exporter.finish(within: .zero)
        let late = #expect(throws: OTLPError.self) { try exporter.export(report) }
        #expect(late?.message.hasPrefix("no time was left to send the metrics") == true)
        exporter.shutdown()
        configuration.timeout = .zero
        #expect(throws: OTLPError.self) { try OTLPHTTPMetricExporter(configuration) }
    }

    @Test("Secrets are in no error, also when the receiver repeats them")
    func secrets() throws {
        let server = try ScriptedServer([.answer(401, [], #"{"message":"no such token: hunter22 (Bearer hunter22)"}"#)])
        defer { server.stop() }
        let exporter = try exporter(to: server) {
            $0.endpoint = "http://me:pass-word@127.0.0.1:\(server.port)/v1/traces?key=query-secret"
            $0.headers = [("Authorization", "Bearer hunter22")]
        }
        let error = #expect(throws: OTLPError.self) { try exporter.export(SpanBatch([span()])) }
        let message = try #require(error?.message)
        #expect(message.contains("no such token") && message.contains("/v1/traces refused"))
        for secret in ["hunter22", "pass-word", "query-secret"] { #expect(!message.contains(secret)) }
    }

    @Test("Many batches use one connection and one exporter")
    func reuse() throws {
        let server = try ScriptedServer([.answer(200)])
        defer { server.stop() }
        let exporter = try exporter(to: server)
        for _ in 1...20 { try exporter.export(SpanBatch([span()])) }
        #expect(server.requests.count == 20)
        #expect(server.connectionCount == 1)
    }
}
