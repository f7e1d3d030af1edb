// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData
import Testing

@testable import TraceStore

@Suite("A sealed file that is damaged, and newer spans of its traces")
struct OlderDamageTests {
    /// What of a sealed file is not looked at as it is opened.
    enum Part: CaseIterable { case traces, identities, body }
    /// What is read to find the spans that later copies replace.
    static let found: [Part] = [.traces, .identities]

    /// Spans, and later copies of them.
    private func spans() -> (first: [SpanData], later: [SpanData]) {
        var samples = SampleSpans(seed: 35)
        let first = samples.spans(traces: 30)
        let later = first.map { span in
            var span = span
            span.name = "renamed"
            return span
        }
        return (first, later)
    }

    /// Changes a part of the first sealed file, which whoever has opened it sees.
    private func damage(_ part: Part, in directory: String) throws {
        let path = "\(directory)/seg-1-0.seal"
        let file = try SealedPartition(path, number: 1, generation: 0).directory
        let handle = try FileHandle(forUpdating: URL(filePath: path))
        let places =
            switch part {
            case .traces: file.tracePages.map { $0.offset + 3 }
            case .identities: file.blocks.map { $0.bodyOffset + 3 }
            case .body: file.blocks.map { $0.bodyOffset + UInt64($0.identityLength) + 3 }
            }
        for place in places {
            try handle.seek(toOffset: place)
            let byte = try handle.read(upToCount: 1)?.first ?? 0
            try handle.seek(toOffset: place)
            try handle.write(contentsOf: [byte ^ 0x10])
        }
        try handle.close()
    }

    @Test("Spans are kept all the same, and the file is left out", arguments: Part.allCases)
    func appending(_ part: Part) async throws {
        let (first, later) = spans()
        try await withDirectory { directory in
            let store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            try await store.append(first)
            try await store.seal()
            try damage(part, in: directory)
            try await store.append(later)
            #expect(try await store.damagedFiles == ["seg-1-0.seal.damaged"])
            #expect(sorted(try await store.all()) == sorted(later))
            await store.shutdown()
            let again = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            #expect(sorted(try await again.all()) == sorted(later))
            await again.shutdown()
        }
    }

    @Test("A start leaves out the file, and not the newer one that is whole", arguments: Self.found)
    func starting(_ part: Part) async throws {
        let (first, later) = spans()
        try await withDirectory { directory in
            let store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            try await store.append(first)
            try await store.seal()
            try await store.append(later)
            await store.shutdown()
            try damage(part, in: directory)
            let again = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            #expect(sorted(try await again.all()) == sorted(later))
            #expect(try await again.damagedFiles == ["seg-1-0.seal.damaged"])
            await again.shutdown()
        }
    }

    @Test("A reader sees the commit whole, and goes on", arguments: Self.found)
    func reading(_ part: Part) async throws {
        let (first, later) = spans()
        try await withDirectory { directory in
            let store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            try await store.append(first)
            try await store.seal()
            let reader = try FileSpanStore(reading: directory)
            #expect(try await reader.statistics().sealedSpanCount == first.count)
            try await store.append(later)
            try damage(part, in: directory)
            #expect(sorted(try await reader.all()) == sorted(later))
            #expect(try await reader.damagedFiles == ["seg-1-0.seal"])
            var samples = SampleSpans(seed: 36)
            let more = samples.spans(traces: 5)
            try await store.append(more)
            #expect(sorted(try await reader.all()) == sorted(later + more))
            await reader.shutdown()
            await store.shutdown()
        }
    }

    @Test("Where the newer file can't be read, what it has replaced is found again", arguments: [false, true])
    func newer(_ isStarted: Bool) async throws {
        let (first, later) = spans()
        try await withDirectory { directory in
            var store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            try await store.append(first)
            try await store.seal()
            for span in later { try await store.append([span]) }
            if isStarted {
                await store.shutdown()
                // The last page; those before it can be read.
                let handle = try FileHandle(forUpdating: URL(filePath: "\(directory)/open-2.db"))
                try handle.seek(toOffset: try handle.seekToEnd() - 32_768)
                try handle.write(contentsOf: Data(repeating: 7, count: 32_768))
                try handle.close()
                store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            } else {
                try SQLiteDatabase("\(directory)/open-2.db", .writing).execute("DELETE FROM batch WHERE id > 3")
                try await store.seal()
            }
            #expect(try await store.damagedFiles == ["open-2.db.damaged"])
            #expect(sorted(try await store.all()) == sorted(first))
            await store.shutdown()
        }
    }
}
