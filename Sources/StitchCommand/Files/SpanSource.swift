// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData
import TraceFlow
import TraceStore

/// Where a command looks for spans: a store, or files that are read into memory.
enum SpanSource {
    /// The variable that names a store where no option does.
    static let variable = "STITCH_STORE"

    static let options = [
        OptionDescription("store", "DIR", "the store to read; \(variable) unless given", value: .folder),
        OptionDescription(
            "file",
            "FILE",
            "a file of OTLP, JSON lines or protobuf, plain or in gzip, `-` for standard input;\nmay be given several times",
            value: .file
        ),
    ]

    /// Opens what the options name.
    static func open(_ arguments: ParsedArguments, _ console: Console) async throws -> any SpanStore {
        let files = arguments.all("file")
        guard files.isEmpty else {
            guard !arguments.has("store") else { throw CommandError.usage("give --store or --file, not both") }
            return try await load(files, console)
        }
        guard let directory = directory(arguments, console) else {
            throw CommandError.usage("give --store DIR, --file FILE, or the variable \(variable)")
        }
        let store = try opening(directory) { () throws -> FileSpanStore in try FileSpanStore(reading: directory) }
        for file in try await store.damagedFiles { console.tell("\(file) is damaged and left out") }
        return store
    }

    /// What is known of why spans aren't there; nothing of files, which may be of any time.
    static func horizon(of store: any SpanStore, now: Timestamp = .now) async throws -> FlowHorizon {
        guard let store = store as? FileSpanStore else { return FlowHorizon() }
        return FlowHorizon(now: now, oldest: try await store.statistics().oldestStart)
    }

    /// Whether something of what the options name could not be read, and is left out.
    static func isPartial(_ store: any SpanStore) async throws -> Bool {
        switch store {
        case let store as LoadedSpans: store.leftOutCount > 0
        case let store as FileSpanStore: try await !store.damagedFiles.isEmpty
        default: false
        }
    }

    /// Opens the store that the options name to write to it; makes it if it isn't there.
    static func openToWrite(_ arguments: ParsedArguments, _ console: Console) throws -> FileSpanStore {
        guard let directory = directory(arguments, console) else {
            throw CommandError.usage("give --store DIR or the variable \(variable)")
        }
        return try openToWrite(directory)
    }

    /// Opens a store to write to it; makes it if it isn't there.
    static func openToWrite(_ directory: String) throws -> FileSpanStore {
        try opening(directory) { () throws -> FileSpanStore in
            try FileSpanStore(TraceStoreConfiguration(directory: directory))
        }
    }

    private static func directory(_ arguments: ParsedArguments, _ console: Console) -> String? {
        arguments["store"] ?? console.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func opening(_ directory: String, _ open: () throws -> FileSpanStore) throws -> FileSpanStore {
        do {
            return try open()
        } catch let error as StoreError {
            throw CommandError.failure(error.message)
        }
    }

    private static func load(_ files: [String], _ console: Console) async throws -> LoadedSpans {
        var spans: [SpanData] = []
        var leftOutCount = 0
        for file in files {
            leftOutCount += try await SpanFile(path: file).read(tell: console.tell) { spans += $0 }
        }
        return LoadedSpans(spans, leftOutCount: leftOutCount)
    }
}
