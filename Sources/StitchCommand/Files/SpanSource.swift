// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData
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
        throw CommandError.usage("give --store DIR, --file FILE, or the variable \(variable)")
    }

    private static func load(_ files: [String], _ console: Console) async throws -> LoadedSpans {
        var spans: [SpanData] = []
        for file in files {
            _ = try await SpanFile(path: file).read(tell: console.tell) { spans += $0 }
        }
        return LoadedSpans(spans)
    }
}
