// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData
import Testing

@testable import TraceStore

/// A store to be tested, and how it is brought from one state to the next in the midst of a test.
enum StoreKind: String, CaseIterable, CustomTestStringConvertible {
    /// In memory.
    case memory
    /// On disk, never sealed.
    case open
    /// On disk, sealed after every few spans.
    case sealing
    /// On disk, sealed after each append.
    case sealed
    /// On disk, closed and opened again after each append.
    case reopened
    /// On disk, asked by a reader beside the writer.
    case beside

    var testDescription: String { rawValue }

    /// Runs a body with an empty store of this kind.
    func withStore(_ body: (TestedStore) async throws -> Void) async throws {
        guard self != .memory else {
            return try await body(TestedStore(kind: self, store: MemoryStore(), directory: ""))
        }
        try await withDirectory { directory in
            var configuration = TraceStoreConfiguration(directory: directory)
            if self == .sealing { configuration.sealingCount = 7 }
            let store = try FileSpanStore(configuration)
            let tested = TestedStore(kind: self, store: store, directory: directory)
            try await body(tested)
            await tested.close()
        }
    }
}

/// A store, and what is done to it after each append.
final class TestedStore {
    let kind: StoreKind
    private var store: any WritableSpanStore
    private var reader: FileSpanStore?
    private let directory: String

    init(kind: StoreKind, store: any WritableSpanStore, directory: String) {
        (self.kind, self.store, self.directory) = (kind, store, directory)
    }

    /// What is asked.
    var asked: any SpanStore { reader ?? store }

    func append(_ spans: [SpanData]) async throws {
        try await store.append(spans)
        guard let file = store as? FileSpanStore else { return }
        switch kind {
        case .sealed: try await file.seal()
        case .reopened:
            await file.shutdown()
            store = try FileSpanStore(TraceStoreConfiguration(directory: directory))
        case .beside: if reader == nil { reader = try FileSpanStore(reading: directory) }
        default: break
        }
    }

    func close() async {
        await reader?.shutdown()
        await (store as? FileSpanStore)?.shutdown()
    }
}

/// Runs a body with a directory that is removed afterwards.
func withDirectory(_ body: (String) async throws -> Void) async throws {
    let path = "/tmp/stitch-store-\(UInt64.random(in: 0 ... .max))"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await body(path)
}

extension SpanStore {
    /// All that is in it.
    func all() async throws -> [SpanData] {
        var spans: [SpanData] = []
        try await read { spans += $0 }
        return spans
    }
}
