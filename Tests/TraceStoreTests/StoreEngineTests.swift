// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData
import Testing

@testable import TraceStore

@Suite("What a store on disk does when something fails")
struct StoreEngineTests {
    @Test(
        "What the manifest says outlives power loss, as copies are removed for it",
        arguments: [
            TraceStoreConfiguration.Durability.process, .power,
        ]
    )
    func manifest(_ durability: TraceStoreConfiguration.Durability) async throws {
        try await withDirectory { directory in
            let configuration = TraceStoreConfiguration(directory: directory, durability: durability)
            let engine = try StoreEngine(configuration, .writing, now: { .now })
            #expect(try engine.manifest.synchronous == 2)
        }
    }

    /// Some spans, which are another trace each time.
    private func batch(_ samples: inout SampleSpans) -> [PreparedBatch] { [PreparedBatch(samples.spans(traces: 1))] }

    @Test("An open file that can't be sealed is left out, and the next one is sealed")
    func unreadable() async throws {
        try await withDirectory { directory in
            var samples = SampleSpans(seed: 40)
            let parts = [samples.spans(traces: 10), samples.spans(traces: 10)]
            let store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            try await store.append(parts[0])
            try SQLiteDatabase("\(directory)/open-1.db", .writing).execute("DELETE FROM batch")
            try await store.seal()
            try await store.append(parts[1])
            try await store.seal()
            #expect(try await store.damagedFiles == ["open-1.db.damaged"])
            #expect(try await store.statistics().sealedSpanCount == parts[1].count)
            #expect(sorted(try await store.all()) == sorted(parts[1]))
            await store.shutdown()
        }
    }

    @Test("While files can't be sealed the last one grows; then sealing goes on")
    func unsealable() async throws {
        try await withDirectory { directory in
            var samples = SampleSpans(seed: 41)
            let engine = try StoreEngine(TraceStoreConfiguration(directory: directory), .writing, now: { .now })
            // Where the sealed file is to be written.
            let obstacle = "\(directory)/seg-1-0.seal.tmp"
            try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: false)
            for _ in 1..<StoreEngine.maximumOpenCount {
                try engine.append(batch(&samples))
                try engine.seal()
                engine.finishSealing()
            }
            for _ in 0..<3 {
                try engine.append(batch(&samples))
                let error = #expect(throws: StoreError.self) { try engine.seal() }
                #expect(error?.code == .unavailable)
                engine.finishSealing()
            }
            #expect(engine.partitions.open.count == StoreEngine.maximumOpenCount)
            try FileManager.default.removeItem(atPath: obstacle)
            #expect(throws: StoreError.self) { try engine.seal() }
            engine.finishSealing()
            try engine.seal()
            #expect(engine.partitions.sealed.map(\.number) == [1])
            #expect(engine.partitions.open.map(\.number) == [2, 3, 4, 5, 6, 7])
            #expect(engine.damagedFiles.isEmpty)
        }
    }

    @Test("What can't be read again for a while is read and written to later")
    func reloading() async throws {
        try await withDirectory { directory in
            var samples = SampleSpans(seed: 42)
            let parts = [samples.spans(traces: 10), samples.spans(traces: 10), samples.spans(traces: 10)]
            let thread = StoreThread()
            try thread.open { try StoreEngine(TraceStoreConfiguration(directory: directory), .writing, now: { .now }) }
            try thread.block { engine in
                try engine.append([PreparedBatch(parts[0])])
                try engine.seal()
                engine.finishSealing()
                try engine.append([PreparedBatch(parts[1])])
            }
            let elsewhere = "\(directory)-elsewhere"
            try FileManager.default.moveItem(atPath: directory, toPath: elsewhere)
            #expect(throws: StoreError.self) { try thread.block { try $0.reload() } }
            #expect(throws: StoreError.self) { try thread.block { try $0.append([PreparedBatch(parts[2])]) } }
            #expect(sorted(try spans(thread)) == sorted(parts[0] + parts[1]))
            try FileManager.default.moveItem(atPath: elsewhere, toPath: directory)
            try thread.block { try $0.append([PreparedBatch(parts[2])]) }
            #expect(sorted(try spans(thread)) == sorted(parts[0] + parts[1] + parts[2]))
            await thread.close()
        }
    }

    /// All that readers see.
    private func spans(_ thread: StoreThread) throws -> [SpanData] {
        var reading = StoreReading(try thread.snapshot())
        var spans: [SpanData] = []
        while let next = try reading.next() { spans += next }
        return spans
    }
}
