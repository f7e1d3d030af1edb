// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing
import TraceContext

@testable import TraceStore

@Suite("The memory that reading sealed files takes")
struct SealedMemoryTests {
    @Test("All files share the memory for ids, and what was read before is forgotten")
    func identities() async throws {
        var samples = SampleSpans(seed: 80)
        var writer = SealWriter()
        let source = writer.number(of: SpanSourceKey(resource: Resource(), scope: InstrumentationScope(name: "")))
        for span in samples.spans(traces: 100) {
            var bytes = ProtobufWriter()
            bytes.write(contentOf: span)
            try bytes.bytes.withUnsafeBytes { try writer.add($0, source: source) }
        }
        let file = try writer.finish()
        try await withDirectory { path in
            let directory = StoreDirectory(path: path)
            try directory.create()
            try directory.write(file, to: "seg")
            let caches = SealedCaches(identityCapacity: 0)
            let partitions = try (0..<3).map {
                try SealedPartition("\(path)/seg", number: Int64($0), generation: 0, caches: caches)
            }
            weak var first: BlockIdentities?
            first = try partitions[0].identities.block(0)
            #expect(first != nil)
            for partition in partitions.dropFirst() { _ = try partition.identities.block(0) }
            #expect(first == nil)
            #expect(try partitions[0].identities.block(0).count > 0)
        }
    }

    @Test("A search by attributes takes no more for many names of many sources")
    func names() {
        var directory = SealedDirectory()
        let key = SpanSourceKey(resource: Resource(), scope: InstrumentationScope(name: ""))
        directory.names = [String](repeating: "name", count: 1 << 19)
        directory.sources = [SpanSourceKey](repeating: key, count: 1 << 19)
        directory.classes = [SealedClass(source: 1, name: 1, hasError: false)]
        let tests = ShapeAttributes(directory).tests([], directory)
        #expect(tests.classes == [false])
    }
}
