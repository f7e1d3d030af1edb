// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TelemetryData
import Testing
import TraceContext

@testable import StitchOTLP

private func span(_ id: UInt64, name: String = "send orders") -> SpanData {
    SpanData(
        context: SpanContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(bits: id), flags: .sampled),
        name: name,
        start: Timestamp(nanoseconds: 86_400_000_000_000 + 3_723_004_000_000),
        end: Timestamp(nanoseconds: 86_400_000_000_000 + 3_724_504_250_000)
    )
}

/// A folder of its own, gone afterwards.
private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "stitch-exporters-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
}

@Suite("Spans in files")
struct FileSpanExporterTests {
    @Test("A full file makes room by renames, the oldest of the kept is given up, and no line is torn")
    func rotation() throws {
        try withFolder { folder in
            let path = folder.appending(path: "spans.jsonl")
            let size = try OTLPJSONLines.encode([span(1)]).count
            let exporter = try FileSpanExporter(path: path.path, maximumSize: 2 * size, keeping: 2)
            for id in 1...9 { try exporter.export(SpanBatch([span(UInt64(id))])) }
            let kept = try ["", ".1", ".2"].map {
                try OTLPJSONLines.read(contentsOf: URL(filePath: path.path + $0)).map(\.spanID.bits)
            }
            #expect(kept == [[9], [7, 8], [5, 6]])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 3)
        }
    }

    @Test("Where no new file can be opened, none of the kept is given up, however often it is tried")
    func noNewFile() throws {
        try withFolder { folder in
            let path = folder.appending(path: "spans.jsonl")
            let exporter = try FileSpanExporter(path: path.path, maximumSize: 1, keeping: 2)
            for id in 1...3 { try exporter.export(SpanBatch([span(UInt64(id))])) }
            let obstacle = path.path + ".new"
            try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: false)
            for id in 4...9 {
                #expect(throws: OTLPError.self) { try exporter.export(SpanBatch([span(UInt64(id))])) }
            }
            try FileManager.default.removeItem(atPath: obstacle)
            try exporter.export(SpanBatch([span(10)]))
            let kept = try ["", ".1", ".2"].map {
                try OTLPJSONLines.read(contentsOf: URL(filePath: path.path + $0)).map(\.spanID.bits)
            }
            #expect(kept == [[10], [3], [2]])
        }
    }

    @Test("A file that was there already is gone on with, up to its size")
    func resumption() throws {
        try withFolder { folder in
            let path = folder.appending(path: "spans.jsonl").path
            let size = try OTLPJSONLines.encode([span(1)]).count
            for id in 1...3 {
                let exporter = try FileSpanExporter(path: path, maximumSize: 2 * size)
                try exporter.export(SpanBatch([span(UInt64(id))]))
            }
            #expect(try OTLPJSONLines.read(contentsOf: URL(filePath: path)).map(\.spanID.bits) == [3])
            #expect(try OTLPJSONLines.read(contentsOf: URL(filePath: path + ".1")).map(\.spanID.bits) == [1, 2])
        }
    }

    @Test("A line longer than a file may be gets a file of its own; with none kept the old one is given up")
    func longLine() throws {
        try withFolder { folder in
            let path = folder.appending(path: "spans.jsonl").path
            let exporter = try FileSpanExporter(path: path, maximumSize: 1, keeping: 0)
            for id in 1...3 { try exporter.export(SpanBatch([span(UInt64(id))])) }
            #expect(try OTLPJSONLines.read(contentsOf: URL(filePath: path)).map(\.spanID.bits) == [3])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
        }
    }

    @Test("Wrong numbers are refused")
    func validation() {
        for (size, kept) in [(0, 1), (-1, 1), (1, -1), (1, 1001)] {
            let error = #expect(throws: OTLPError.self) {
                _ = try FileSpanExporter(path: "/tmp/never", maximumSize: size, keeping: kept)
            }
            #expect(error?.code == .invalidConfiguration)
        }
    }
}

@Suite("Spans for people")
struct ConsoleSpanExporterTests {
    @Test("A span is one line with its ids, attributes, links, events and error")
    func line() {
        var span = span(3)
        span.kind = .producer
        span.parentSpanID = SpanID(bits: 9)
        span.attributes = ["messaging.system": "kafka", "note": "two words", "empty": ""]
        span.links = [
            SpanLink(SpanContext(traceID: TraceID(high: 4, low: 5), spanID: SpanID(bits: 6)), attributes: ["n": 1])
        ]
        span.droppedLinkCount = 2
        span.events = [SpanEvent(name: "acked", time: Timestamp(nanoseconds: span.start.nanoseconds + 1_000_000))]
        span.status = .error("broker is gone")
        let expected = """
            01:02:03.004Z PRODUCER send orders 1500.250ms trace=00000000000000010000000000000002 span=0000000000000003 \
            parent=0000000000000009 messaging.system=kafka note="two words" empty="" \
            link=[00000000000000040000000000000005-0000000000000006 n=1] dropped-links=2 event=[acked +1.000ms] \
            ERROR: broker is gone
            """
        #expect(ConsoleLine.text(span, .plain) == expected)
    }

    @Test("Nothing that a span holds can begin a line or steer a terminal")
    func controls() {
        var span = span(3, name: "a\nb\u{1B}[31m\u{2028}\u{202E}é")
        span.attributes = ["k\r": "v\n"]
        span.status = .error("x\ny")
        let text = ConsoleLine.text(span, .plain)
        #expect(text.contains(#"a\nb\u{1B}[31m\u{2028}\u{202E}é"#) && text.contains(#"k\r=v\n"#))
        #expect(text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
    }

    @Test("Colours are for terminals, or for those who ask")
    func colors() throws {
        try withFolder { folder in
            for (colors, isPainted) in [(nil, false), (false, false), (true, true)] as [(Bool?, Bool)] {
                let file = folder.appending(path: "out")
                try Data().write(to: file)
                let output = try FileHandle(forWritingTo: file)
                try ConsoleSpanExporter(to: output, hasColors: colors).export(SpanBatch([span(1), span(2)]))
                let text = try String(contentsOf: file, encoding: .utf8)
                #expect(text.contains("\u{1B}[") == isPainted)
                #expect(text.split(separator: "\n").count == 2 && text.hasSuffix("\n"))
            }
        }
    }
}

@Suite("Several exporters at once")
struct MultiSpanExporterTests {
    private struct Refused: Error, CustomStringConvertible { let description: String }

    private final class Recorder: SpanExporter {
        let state = Mutex((spans: 0, isShutDown: false))
        let failure: (any Error)?

        init(fails failure: (any Error)? = nil) { self.failure = failure }

        func export(_ batch: SpanBatch) throws {
            state.withLock { $0.spans += batch.spans.count }
            if let failure { throw failure }
        }

        func shutdown() { state.withLock { $0.isShutDown = true } }
    }

    private func export(_ failures: [(any Error)?], spans: Int = 10) throws {
        let recorders = failures.map { Recorder(fails: $0) }
        let exporter = MultiSpanExporter(recorders)
        defer {
            exporter.shutdown()
            for recorder in recorders { #expect(recorder.state.withLock { $0.spans == spans && $0.isShutDown }) }
        }
        try exporter.export(SpanBatch((1...spans).map { span(UInt64($0)) }))
    }

    @Test("All get each batch, also after one that fails, and all are shut down")
    func all() throws {
        try export([nil, nil])
        #expect(throws: Refused.self) { try export([Refused(description: "a"), nil]) }
    }

    @Test("Several failures are told together")
    func failures() {
        let error = #expect(throws: OTLPError.self) {
            try export([Refused(description: "first"), nil, Refused(description: "second")])
        }
        #expect(error?.code == .undelivered)
        #expect(error?.message == "2 of 3 exporters could not deliver: first; second")
    }

    @Test("What several lost in part is added up, at most to the whole batch")
    func partial() {
        let error = #expect(throws: PartialExport.self) {
            try export([PartialExport(lostSpanCount: 2, message: "a"), PartialExport(lostSpanCount: 3, message: "b")])
        }
        #expect(error?.lostSpanCount == 5)
        #expect(throws: OTLPError.self) {
            try export([PartialExport(lostSpanCount: 7, message: "a"), PartialExport(lostSpanCount: 3, message: "b")])
        }
    }
}
