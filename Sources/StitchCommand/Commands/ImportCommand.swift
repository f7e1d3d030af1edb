// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceStore

/// `stitch import`.
enum ImportCommand: Command {
    static let description = CommandDescription(
        name: "import",
        summary: "put files of spans into a store",
        arguments: "FILE …",
        argumentCount: 1...1000,
        text: """
            Puts spans into a store, which is made if it isn't there. Files are OTLP, JSON lines or protobuf, plain or in
            gzip, `-` for standard input. A span that is there already is not there twice: importing a file again
            changes nothing.
            """,
        options: [
            OptionDescription(
                "store",
                "DIR",
                "the store to write to; \(SpanSource.variable) unless given",
                value: .folder
            )
        ],
        examples: [
            .init("stitch import shop.otlp.jsonl --store spans", "what a service or a collector has written to a file")
        ]
    )

    private static let batch = 10_000

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        let store = try SpanSource.openToWrite(arguments, console)
        var count = 0
        var badCount = 0
        do {
            for file in arguments.arguments {
                var waiting: [SpanData] = []
                badCount += try await SpanFile(path: file).read(tell: console.tell) { spans in
                    waiting += spans
                    guard waiting.count >= batch else { return }
                    try await store.append(waiting)
                    count += waiting.count
                    waiting = []
                }
                try await store.append(waiting)
                count += waiting.count
            }
        } catch {
            await store.shutdown()
            throw error
        }
        await store.shutdown()
        console.tell("\(count.grouped) span\(count == 1 ? "" : "s") imported into \(store.directory)")
        guard badCount > 0 else { return 0 }
        let parts = badCount == 1 ? "one part was" : "\(badCount.grouped) parts were"
        throw CommandError.failure("\(parts) left out, as is said above; the rest is imported")
    }
}
