// SPDX-License-Identifier: Apache-2.0

import CStitchZlib
import Foundation
import StitchOTLP
import TelemetryData
import Testing

@testable import StitchCommand

@Suite("Files of spans that are not whole, or not written as usual")
struct SpanFileTests {
    private struct Read {
        var spans: [SpanData] = []
        var leftOutCount = 0
        var told: [String] = []
    }

    /// Reads a file that consists of these bytes; nothing else may be left of it than what is told.
    private func read(_ bytes: some Sequence<UInt8>, maximumByteCount: Int = 1 << 20) async throws -> Read {
        try await CommandFixture.withFile([]) { file, _ in
            try Data(bytes).write(to: URL(filePath: file))
            var read = Read()
            read.leftOutCount = try await SpanFile(path: file, maximumByteCount: maximumByteCount).read(
                tell: { read.told.append($0.replacing(file, with: "f")) },
                { read.spans += $0 }
            )
            return read
        }
    }

    private func lines(_ orders: UInt64) throws -> [UInt8] {
        try (0..<orders).flatMap { [UInt8](try OTLPJSONLines.encode(Shop.order($0))) }
    }

    private func document(_ spans: [SpanData]) throws -> Data {
        let object = try JSONSerialization.jsonObject(with: Data(OTLP.encode(spans, as: .json)))
        return try JSONSerialization.data(withJSONObject: object, options: .prettyPrinted)
    }

    private func compressed(_ bytes: [UInt8]) throws -> Data {
        let file = FileManager.default.temporaryDirectory.appending(path: "stitch-\(UUID().uuidString).gz")
        defer { try? FileManager.default.removeItem(at: file) }
        let output = try #require(gzopen(file.path, "wb"))
        #expect(gzwrite(output, bytes, UInt32(bytes.count)) == Int32(bytes.count))
        #expect(gzclose(output) == Z_OK)
        return try Data(contentsOf: file)
    }

    @Test("A file of which nothing can be read is refused, with or without a line feed at its end, by every command")
    func nothing() async throws {
        for text in ["{\"resourceSpans\": [broken", "{\"resourceSpans\": [broken\n", "{\n\n\n", "garbage\n\n"] {
            try await CommandFixture.withFile([]) { file, _ in
                try Data(text.utf8).write(to: URL(filePath: file))
                #expect(await CommandFixture.run(["lint", "--file", file]).status == 2, "\(text)")
                for command in ["flows", "topology", "volume", "export"] {
                    let outcome = await CommandFixture.run([command, "--file", file])
                    #expect(outcome.status == 1, "\(command) \(text)")
                    #expect(outcome.error.contains("there are no spans in "))
                }
            }
        }
        #expect(try await read([]).spans.isEmpty)
        #expect(try await read("\n".utf8).leftOutCount == 0)
    }

    @Test("Lint that finds nothing in a part of a file says that nobody knows; a finding is one all the same")
    func linted() async throws {
        for (dropped, status): (Int, Int32) in [(0, 2), (1, 1)] {
            try await CommandFixture.withFile([]) { file, _ in
                let spans = try OTLPJSONLines.encode(Array(Shop.order(0).dropFirst(dropped)))
                try (spans + Data("broken\n".utf8)).write(to: URL(filePath: file))
                let outcome = await CommandFixture.run(["lint", "--file", file])
                #expect(outcome.status == status, "\(outcome.output)")
                #expect(outcome.error.contains("stitch: line 2 of "))
                #expect(outcome.error.contains("nothing is known of what was left out") == (status == 2))
            }
        }
    }

    @Test("A request of JSON over many lines is read as one")
    func pretty() async throws {
        let spans = Shop.orders(3)
        for mark in ["", "\u{FEFF}", "\n\n"] {
            let read = try await read(Array(mark.utf8) + document(spans))
            #expect(Set(read.spans) == Set(spans) && read.spans.count == spans.count)
            #expect(read.leftOutCount == 0 && read.told.isEmpty)
        }
        await #expect(throws: CommandError.self) { try await self.read(document(spans).dropLast(40)) }
    }

    @Test("A first line that was cut hides none of those behind it, also where it might begin a request over many")
    func cutFirstLine() async throws {
        for first in ["garbage", "{\"resourceSpans\": [", "{", "\u{0}\u{1}", "[]", "\u{FEFF}garbage"] {
            let read = try await read(Array("\(first)\n".utf8) + lines(2))
            #expect(read.spans == Shop.orders(2), "\(first)")
            #expect(read.leftOutCount == 1 && read.told.count == 1)
            #expect(read.told.first?.hasPrefix("line 1 of f is no OTLP and left out: ") == true)
        }
        let small = try await read(Array("{\n".utf8) + lines(20), maximumByteCount: 8_000)
        #expect(small.spans == Shop.orders(20) && small.leftOutCount == 1)
    }

    @Test("A byte order mark before a line is no part of it")
    func byteOrderMark() async throws {
        let mark = Array("\u{FEFF}".utf8)
        let read = try await read(mark + lines(1) + mark + lines(1))
        #expect(read.spans == Shop.order(0) + Shop.order(0))
        #expect(read.leftOutCount == 0 && read.told.isEmpty)
    }

    @Test("Protobuf is none of JSON, whatever its texts and lengths look like", arguments: 1...300)
    func protobuf(length: Int) async throws {
        var spans = Shop.order(0)
        spans[0].attributes["log"] = "\n{\n{\"resourceSpans\": []}\n"
        for index in spans.indices {
            spans[index].resource.attributes = ["text": .string(String(repeating: "{", count: length))]
        }
        let bytes = OTLP.encode(spans)
        let parts = [spans, [], spans].flatMap { part -> [UInt8] in
            let bytes = OTLP.encode(part)
            return withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { [UInt8]($0) } + bytes
        }
        #expect(SpanFileFormat(of: bytes) == .protobuf)
        #expect(SpanFileFormat(of: Array(bytes.prefix(500))) == .protobuf)
        #expect(try await read(bytes).spans == spans)
        #expect(try await read(parts).spans == spans + spans)
    }

    @Test("Of a file in gzip whose end is missing, whole lines are read, and what is missing is named")
    func cutCompressed() async throws {
        let whole = try compressed(try lines(400))
        for count in [whole.count / 2, whole.count * 9 / 10] {
            let read = try await read(whole.prefix(count))
            let line = read.spans.count / 6
            #expect(line > 100 && read.spans == Shop.orders(UInt64(line)))
            #expect(read.leftOutCount == 1)
            #expect(read.told == ["the end of f is missing; what stood behind line \(line) is left out"])
        }
        // All lines are there, and what tells so is not.
        let unchecked = try await read(whole.dropLast(8))
        #expect(unchecked.spans == Shop.orders(400) && unchecked.leftOutCount == 1)
        await #expect(throws: CommandError.self) { try await self.read(whole.prefix(12)) }
    }

    @Test("Of requests in gzip whose end is missing, the whole ones are read")
    func cutRequests() async throws {
        let parts = (0..<UInt64(400)).flatMap { order -> [UInt8] in
            let bytes = OTLP.encode(Shop.order(order))
            return withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { [UInt8]($0) } + bytes
        }
        let whole = try compressed(parts)
        let read = try await read(whole.prefix(whole.count / 2))
        #expect(read.spans.count > 600 && read.spans == Shop.orders(UInt64(read.spans.count / 6)))
        #expect(read.leftOutCount == 1 && read.told.count == 1)
        let one = try compressed(OTLP.encode(Shop.orders(400)))
        await #expect(throws: CommandError.self) { try await self.read(one.prefix(one.count / 2)) }
    }

    @Test("An import of a part of a file fails, and keeps the part")
    func importing() async throws {
        let whole = try compressed(try lines(400))
        try await CommandFixture.withFile([]) { file, folder in
            try whole.prefix(whole.count / 2).write(to: URL(filePath: file))
            let store = folder.appending(path: "spans").path
            let outcome = await CommandFixture.run(["import", file, "--store", store])
            #expect(outcome.status == 1)
            #expect(outcome.error.contains("the end of "))
            #expect(outcome.error.contains("one part was left out"))
            let flows = await CommandFixture.run(["flows", "--json", "--limit", "1000", "--store", store])
            #expect(flows.output.split(separator: "\n").count > 100)
        }
    }
}
