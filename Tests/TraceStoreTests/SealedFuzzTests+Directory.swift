// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData
import Testing
import TraceContext
import TraceFlow

@testable import TraceStore

/// A directory that was changed, with the checksum that it wants.
extension SealedFuzzTests {
    /// Writes a file with another directory.
    private func write(_ file: [UInt8], _ directory: [UInt8], to path: String) throws {
        let range = self.directory(file)
        var bytes = Array(file[..<range.lowerBound]) + directory
        bytes.append(number: UInt64(range.lowerBound))
        bytes.append(number: UInt64(directory.count))
        bytes.append(number: Zlib.checksum(directory))
        bytes += file[(range.upperBound + 20)...]
        try Data(bytes).write(to: URL(filePath: path))
    }

    /// Reads all that can be read; how much of it ended with an error.
    private func read(_ partition: SealedPartition) -> Int {
        var failures = 0
        func attempt<Result>(_ body: () throws -> Result) -> Result? {
            do { return try body() } catch {
                failures += 1
                return nil
            }
        }
        let traces = attempt { try partition.traces() } ?? []
        for trace in traces.prefix(20) {
            _ = attempt { try partition.trace(trace.id) }
            for link in attempt({ try partition.links(to: trace.id) }) ?? [] {
                _ = attempt { try partition.targets(link.row, in: trace.id, trace.rows) }
            }
        }
        if let range = TraceRange(prefix: "") {
            _ = attempt { try partition.traces(in: range, without: [], limit: 1_000) }
        }
        _ = attempt { try partition.forEachLink { _, _, _ in } }
        let hashes = [AttributeHash("cached").with(true), partition.directory.attributes.table.pages.last?.key ?? 0]
        for hash in hashes { _ = attempt { try partition.blocks(withAttribute: hash) } }
        let queries = [SpanQuery(), SpanQuery(hasError: true), SpanQuery(attributes: [.init("cached", "true")])]
        for query in queries {
            var found = SearchCollector(limit: 20)
            _ = attempt {
                try partition.search(SearchPlan(query, after: nil), without: [], &found)
                _ = try found.spans()
            }
        }
        return failures
    }

    @Test("A directory may say anything: opening the file, or reading it, ends with an error or with other spans")
    func anyDirectory() async throws {
        var samples = SampleSpans(seed: 71)
        let file = try file(&samples)
        let whole = Array(file[directory(file)])
        // Without what stands behind the shapes, but for three numbers and the beginning of a table.
        var shapes = try whole.withUnsafeBytes { try SealedDirectory($0) }
        (shapes.blocks, shapes.tracePages) = ([], [])
        (shapes.filter, shapes.links.table, shapes.attributes.table) = (
            TraceFilter(count: 0), PostingTable(), PostingTable()
        )
        let places = shapes.bytes.count - 32..<whole.count
        try await withDirectory { path in
            try StoreDirectory(path: path).create()
            let name = "\(path)/seg"
            try write(file, whole, to: name)
            #expect(read(try SealedPartition(name, number: 1, generation: 0)) == 0)
            var (refused, failed) = (0, 0)
            for round in 0..<160 {
                var changed = whole
                // Most of it are shapes; behind them is what says where all the rest is.
                change(&changed, in: round % 4 == 0 ? 0..<changed.count : places, &samples)
                try write(file, changed, to: name)
                guard let partition = try? SealedPartition(name, number: 1, generation: 0) else {
                    refused += 1
                    continue
                }
                if read(partition) > 0 { failed += 1 }
            }
            #expect(refused > 0 && failed > 0)
        }
    }

    @Test("A place beyond the end of the file is refused as it is opened")
    func places() async throws {
        var samples = SampleSpans(seed: 72)
        let file = try file(&samples)
        let whole = try file[directory(file)].withUnsafeBytes { try SealedDirectory($0) }
        let changes: [(inout SealedDirectory, UInt64) -> Void] = [
            { $0.links.offset = $1 },
            { $0.attributes.offset = $1 },
            { $0.tracePages[0].offset = $1 },
            { $0.blocks[1].bodyOffset = $1 },
            { $0.blocks[1].scanOffset = $1 },
        ]
        try await withDirectory { path in
            try StoreDirectory(path: path).create()
            for change in changes {
                for place in [.max, UInt64(Int.max), UInt64(Int.max) - 100, UInt64(file.count)] {
                    var directory = whole
                    change(&directory, place)
                    try write(file, directory.bytes, to: "\(path)/seg")
                    #expect(throws: DamagedBytes.self) { try SealedPartition("\(path)/seg", number: 1, generation: 0) }
                }
            }
        }
    }

    @Test("Columns that stand in another order are no reason to stop the process")
    func order() async throws {
        var samples = SampleSpans(seed: 73)
        let file = try file(&samples)
        var directory = try file[directory(file)].withUnsafeBytes { try SealedDirectory($0) }
        let last = directory.blocks.count - 1
        #expect(last > 0)
        (directory.blocks[0].scanOffset, directory.blocks[last].scanOffset) =
            (directory.blocks[last].scanOffset, directory.blocks[0].scanOffset)
        try await withDirectory { path in
            try StoreDirectory(path: path).create()
            try write(file, directory.bytes, to: "\(path)/seg")
            #expect(read(try SealedPartition("\(path)/seg", number: 1, generation: 0)) > 0)
        }
    }
}
