// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData
import Testing
import TraceContext
import TraceFlow

@testable import TraceStore

@Suite("Files of a store that are damaged")
struct StoreDamageTests {
    /// Three partitions, of which the second is sealed and is then changed.
    private func withDamage(
        _ change: (inout Data) -> Void,
        _ body: (FileSpanStore, _ healthy: [SpanData], _ damaged: [SpanData]) async throws -> Void
    ) async throws {
        try await withDirectory { directory in
            var samples = SampleSpans(seed: 30)
            let parts = [samples.spans(traces: 30), samples.spans(traces: 30), samples.spans(traces: 30)]
            let store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            for part in parts {
                try await store.append(part)
                try await store.seal()
            }
            await store.shutdown()
            let url = URL(filePath: "\(directory)/seg-2-0.seal")
            var data = try Data(contentsOf: url)
            change(&data)
            try data.write(to: url)
            let opened = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            try await body(opened, parts[0] + parts[2], parts[1])
            await opened.shutdown()
        }
    }

    @Test("A file that was changed anywhere is named and left out, and the rest is found")
    func everywhere() async throws {
        var samples = SampleSpans(seed: 31)
        for _ in 0..<40 {
            let place = samples.next()
            try await withDamage({ $0[$0.startIndex + Int(place % UInt64($0.count))] ^= 0x10 }) {
                store,
                healthy,
                damaged in
                let page = try await store.search(
                    SpanQuery(attributes: [.init("cached", "true")]),
                    limit: 9_999,
                    after: nil
                )
                _ = try await store.backLinks(to: damaged.map(\.traceID), limit: 9_999)
                _ = try await store.spans(of: damaged.map(\.traceID))
                _ = try await store.search(SpanQuery(), limit: 9_999, after: nil)
                let all = try await store.all()
                let names = try await store.damagedFiles
                let expected = names.isEmpty ? healthy + damaged : healthy
                #expect(names == [] || names == ["seg-2-0.seal.damaged"])
                #expect(sorted(all) == sorted(expected))
                #expect(page.spans.allSatisfy { found in (healthy + damaged).contains(found) })
            }
        }
    }

    @Test("A file that was cut off is left out", arguments: [0, 1, 31, 32, 33, 500, 5_000])
    func truncated(_ count: Int) async throws {
        try await withDamage({ $0 = $0.prefix(count) }) { store, healthy, _ in
            #expect(sorted(try await store.all()) == sorted(healthy))
            #expect(try await store.damagedFiles == ["seg-2-0.seal.damaged"])
            // And goes on.
            try await store.append(healthy)
            #expect(sorted(try await store.all()) == sorted(healthy))
        }
    }

    @Test("Rules go on without a file that is damaged, also while another is sealed")
    func rules() async throws {
        try await withDirectory { directory in
            var samples = SampleSpans(seed: 34)
            let parts = [samples.spans(traces: 30), samples.spans(traces: 30), samples.spans(traces: 30)]
            let store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            for part in parts.dropLast() {
                try await store.append(part)
                try await store.seal()
            }
            await store.shutdown()
            // In the blocks, which are not looked at as the file is opened.
            let url = URL(filePath: "\(directory)/seg-1-0.seal")
            var data = try Data(contentsOf: url)
            for place in stride(from: 100, to: data.count / 2, by: 50) { data[data.startIndex + place] ^= 0x10 }
            try data.write(to: url)
            var configuration = TraceStoreConfiguration(directory: directory)
            configuration.retention = TraceRetention(after: .zero, share: 1)
            let opened = try FileSpanStore(configuration)
            try await opened.append(parts[2])
            // The rules are applied as this is done.
            try await opened.seal()
            #expect(try await opened.damagedFiles == ["seg-1-0.seal.damaged"])
            try await opened.maintain()
            await opened.shutdown()
            let again = try FileSpanStore(configuration)
            #expect(sorted(try await again.all()) == sorted(parts[1] + parts[2]))
            await again.shutdown()
        }
    }

    private func damageManifest(_ directory: String) throws {
        for name in ["manifest.db-wal", "manifest.db-shm"] {
            try? FileManager.default.removeItem(atPath: "\(directory)/\(name)")
        }
        try Data(repeating: 7, count: 9_000).write(to: URL(filePath: "\(directory)/manifest.db"))
    }

    @Test("A manifest that can't be read is made anew from the files that are there")
    func manifest() async throws {
        try await withDirectory { directory in
            var samples = SampleSpans(seed: 32)
            let spans = samples.spans(traces: 40)
            let store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            for part in spans.chunked(60) {
                try await store.append(part)
                try await store.seal()
            }
            try await store.append(samples.spans(traces: 1))
            let all = try await store.all()
            await store.shutdown()
            try damageManifest(directory)
            let opened = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            #expect(sorted(try await opened.all()) == sorted(all))
            #expect(try await opened.damagedFiles == ["manifest.db.damaged"])
            await opened.shutdown()
        }
    }

    @Test("Who only reads finds the files without a manifest, and leaves it for the writer")
    func readersManifest() async throws {
        try await withDirectory { directory in
            var samples = SampleSpans(seed: 35)
            let store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            try await store.append(samples.spans(traces: 20))
            try await store.seal()
            try await store.append(samples.spans(traces: 2))
            let all = try await store.all()
            await store.shutdown()
            try damageManifest(directory)
            let manifest = URL(filePath: "\(directory)/manifest.db")
            let damaged = try Data(contentsOf: manifest)
            let reader = try FileSpanStore(reading: directory)
            #expect(sorted(try await reader.all()) == sorted(all))
            #expect(try await reader.damagedFiles == ["manifest.db"])
            await reader.shutdown()
            #expect(try Data(contentsOf: manifest) == damaged)
            let writer = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            #expect(sorted(try await writer.all()) == sorted(all))
            await writer.shutdown()
        }
    }

    @Test("A manifest that was made anew makes nothing older than it is")
    func manifestAge() async throws {
        try await withDirectory { directory in
            var samples = SampleSpans(seed: 34)
            let spans = samples.spans(traces: 10)
            var configuration = TraceStoreConfiguration(directory: directory)
            configuration.maximumAge = .seconds(86_400)
            let store = try FileSpanStore(configuration)
            try await store.append(spans)
            try await store.seal()
            await store.shutdown()
            try damageManifest(directory)
            let opened = try FileSpanStore(configuration)
            try await opened.maintain()
            #expect(sorted(try await opened.all()) == sorted(spans))
            await opened.shutdown()
        }
    }

    @Test("An open file that can't be read is left out")
    func open() async throws {
        try await withDirectory { directory in
            var samples = SampleSpans(seed: 33)
            let spans = samples.spans(traces: 10)
            let store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            try await store.append(spans)
            try await store.seal()
            try await store.append(samples.spans(traces: 5))
            await store.shutdown()
            try Data(repeating: 7, count: 90_000).write(to: URL(filePath: "\(directory)/open-2.db"))
            let opened = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            #expect(sorted(try await opened.all()) == sorted(spans))
            #expect(try await opened.damagedFiles == ["open-2.db.damaged"])
            try await opened.append(spans)
            await opened.shutdown()
        }
    }

    @Test("A newer version's files are refused, not damaged")
    func newer() async throws {
        try await withDirectory { directory in
            let store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            await store.shutdown()
            try SQLiteDatabase("\(directory)/manifest.db", .writing).execute("PRAGMA user_version = 99")
            let error = #expect(throws: StoreError.self) {
                try FileSpanStore(TraceStoreConfiguration(directory: directory))
            }
            #expect(error?.code == .newerFormat)
        }
    }
}
