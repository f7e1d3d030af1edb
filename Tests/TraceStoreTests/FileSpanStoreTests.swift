// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService
import TelemetryData
import Testing
import TraceContext
import TraceFlow

@testable import TraceStore

@Suite("A store in a directory")
struct FileSpanStoreTests {
    @Test("A second writer is kept out, a reader is not, and sees what is committed")
    func lock() async throws {
        try await withDirectory { directory in
            var samples = SampleSpans(seed: 20)
            let spans = samples.spans(traces: 10)
            let store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            let error = #expect(throws: StoreError.self) {
                try FileSpanStore(TraceStoreConfiguration(directory: directory))
            }
            #expect(error?.code == .locked)
            let reader = try FileSpanStore(reading: directory)
            #expect(try await reader.all() == [])
            try await store.append(spans)
            #expect(sorted(try await reader.all()) == sorted(spans))
            try await store.seal()
            #expect(sorted(try await reader.all()) == sorted(spans))
            let refusal = await #expect(throws: StoreError.self) { try await reader.append(spans) }
            #expect(refusal?.code == .unavailable)
            await reader.shutdown()
            await store.shutdown()
            let closed = await #expect(throws: StoreError.self) { try await store.append(spans) }
            #expect(closed?.code == .closed)
            // The lock is free again.
            await (try FileSpanStore(TraceStoreConfiguration(directory: directory))).shutdown()
        }
    }

    @Test(
        "A configuration that is not possible is refused by name",
        arguments: [
            ("directory", TraceStoreConfiguration(directory: "")),
            ("sealingCount", TraceStoreConfiguration(directory: "/tmp/x", sealingCount: 0)),
            ("sealingSize", TraceStoreConfiguration(directory: "/tmp/x", sealingSize: 0)),
            ("maximumAge", TraceStoreConfiguration(directory: "/tmp/x", maximumAge: .zero)),
            ("maximumSize", TraceStoreConfiguration(directory: "/tmp/x", maximumSize: 0)),
            (
                "retention.share",
                TraceStoreConfiguration(directory: "/tmp/x", retention: TraceRetention(after: .seconds(1), share: 2))
            ),
            (
                "retention.after",
                TraceStoreConfiguration(
                    directory: "/tmp/x",
                    maximumAge: .seconds(1),
                    retention: TraceRetention(after: .seconds(1))
                )
            ),
        ]
    )
    func configuration(_ option: String, _ configuration: TraceStoreConfiguration) {
        let error = #expect(throws: StoreError.self) { try FileSpanStore(configuration) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.hasPrefix(option) == true)
    }

    @Test("Appends that come at the same time are all kept")
    func groupCommit() async throws {
        try await withDirectory { directory in
            var samples = SampleSpans(seed: 21)
            let spans = samples.spans(traces: 200)
            let store = try FileSpanStore(TraceStoreConfiguration(directory: directory, sealingCount: 100))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for chunk in spans.chunked(5) { group.addTask { try await store.append(chunk) } }
                try await group.waitForAll()
            }
            #expect(sorted(try await store.all()) == sorted(spans))
            await store.shutdown()
        }
    }

    @Test("Spans that a tracer has encoded are kept without making values of them")
    func encoded() async throws {
        try await withDirectory { directory in
            var samples = SampleSpans(seed: 22)
            let spans = samples.spans(traces: 10)
            var encoded = EncodedSpans()
            for (group, span) in spans.enumerated() {
                var writer = ProtobufWriter()
                writer.write(span: span, field: 2)
                encoded.addGroup(span.resource, span.scope)
                let bytes = writer.bytes
                encoded.append(to: group, upTo: bytes.count) { target in
                    bytes.withUnsafeBytes {
                        target.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(target), byteCount: $0.count)
                    }
                    return (bytes.count, 1)
                }
            }
            let store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            try await store.append(SpanBatch(encoded))
            #expect(sorted(try await store.all()) == sorted(spans))
            await store.shutdown()
        }
    }

    @Test("It runs until it is shut down")
    func service() async throws {
        try await withDirectory { directory in
            let store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
            async let running: Void = store.run()
            await store.shutdown()
            await store.shutdown()
            try await running
        }
    }

    @Test("Two seals of the same spans are the same file, byte for byte, in whatever order they arrived")
    func determinism() async throws {
        var samples = SampleSpans(seed: 23)
        let spans = samples.spans(traces: 200)
        var files: [Data] = []
        for order in [spans, spans.shuffled(using: &samples)] {
            try await withDirectory { directory in
                let store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
                try await store.append(order)
                try await store.seal()
                await store.shutdown()
                files.append(try Data(contentsOf: URL(filePath: "\(directory)/seg-1-0.seal")))
            }
        }
        #expect(files[0] == files[1])
    }
}
