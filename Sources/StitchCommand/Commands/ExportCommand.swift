// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchOTLP
import TelemetryData
import TraceFlow
import TraceStore

/// `stitch export`.
enum ExportCommand: Command {
    static let description = CommandDescription(
        name: "export",
        summary: "write spans as OTLP JSON lines",
        arguments: "[FILTER]",
        argumentCount: 0...100,
        text: """
            Writes spans as OTLP JSON lines, as the file exporter of OpenTelemetry's collector does. Without a filter
            these are all spans, in the order in which they arrived; with one, the whole flows that `stitch flows` would
            list, each span once.
            """,
        options: SpanSource.options + [
            OptionDescription("output", "FILE", "write there instead of to standard output", value: .file),
            OptionDescription("since", "TIME", "flows with spans that started no longer ago: 15m, 2h, 3d"),
            OptionDescription("from", "WHEN", "flows with spans that started then or later: 2026-11-28T14:30:00Z"),
            OptionDescription("to", "WHEN", "flows with spans that started before"),
        ],
        examples: [
            .init("stitch export --store spans --output all.otlp.jsonl", "all spans of a store"),
            .init("stitch export --file shop.otlp.jsonl error", "the flows of a file in which something failed"),
        ]
    )

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        let request = try FlowRequest(arguments)
        let store = try await SpanSource.open(arguments, console)
        let output = try arguments["output"].map { try OutputFile($0) }
        func write(_ spans: [SpanData]) throws {
            guard !spans.isEmpty else { return }
            let line = try OTLPJSONLines.encode(spans)
            guard let output else { return try console.write(JSONText.escaped(String(decoding: line, as: UTF8.self))) }
            try output.write(line)
        }
        guard request.isNarrow else {
            try await store.read { try write($0) }
            return 0
        }
        var seen: Set<SpanReference> = []
        var listing = FlowListing(store, filter: request.filter, from: request.from, to: request.to)
        try await listing.forEach { found in
            try write(found.flow.spans.filter { seen.insert($0.reference).inserted })
            return true
        }
        listing.tellLeftOut(console)
        return 0
    }
}

/// A file that a command makes.
struct OutputFile {
    private let path: String
    private let handle: FileHandle

    init(_ path: String) throws(CommandError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .failure("can't write to \(path): \(String(cString: strerror(errno)))") }
        self.path = path
        // The handle owns the descriptor and closes it with itself.
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    func write(_ data: Data) throws(CommandError) {
        do {
            try handle.write(contentsOf: data)
        } catch {
            throw .failure("can't write to \(path): \(error.localizedDescription)")
        }
    }
}
