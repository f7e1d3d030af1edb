// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchOTLP
import StitchService
import TelemetryData
import TraceStore

/// `stitch demo`.
enum DemoCommand: Command {
    static let description = DemoOptions.description

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        let options = try DemoOptions(arguments)
        let file = try readOrders(options)
        for problem in file.problems { StandardError.write("stitch: \(problem)\n") }
        let orders = file.orders(count: options.count)
        guard !orders.isEmpty else {
            throw CommandError.failure("there is no order in \(options.ordersFile ?? BundledOrders.name)")
        }
        // What goes wrong is told by the error that ends the command; a broker that is being stopped is no news.
        Diagnostics.setHandler { if $0.level == .error { StandardError.write("stitch: \($0.message)\n") } }
        let output = try options.otlpFile.map { try openOutput($0) }
        let store = try options.store.map { try SpanSource.openToWrite($0) }
        let spans: [SpanData]
        do {
            spans = try await run(options, orders, output)
            try await store?.append(spans)
        } catch {
            await store?.shutdown()
            throw error
        }
        await store?.shutdown()
        try DemoReport(spans: spans, orders: orders, store: options.store).print(asJSON: options.isJSON)
        guard file.problems.isEmpty else {
            let count = file.problems.count
            throw CommandError.failure(
                "\(count == 1 ? "one line was no order" : "\(count) lines were no orders"); the others ran"
            )
        }
        return 0
    }

    private static func run(
        _ options: DemoOptions,
        _ orders: [Order],
        _ output: FileHandle?
    ) async throws -> [SpanData] {
        try await interruptible {
            try await withTemporaryFolder { folder in
                try await collectSpans(of: orders, options, in: folder, copyingTo: output)
            }
        }
    }

    private static func collectSpans(
        of orders: [Order],
        _ options: DemoOptions,
        in folder: URL,
        copyingTo output: FileHandle?
    ) async throws -> [SpanData] {
        let encoder = JSONEncoder()
        let lines = try orders.map { try encoder.encode($0) }
        try Data(lines.joined(separator: Data("\n".utf8))).write(to: folder.appending(path: "orders.jsonl"))
        let progress = ProgressLine()
        defer { progress.clear() }
        let files = try await DemoRun(options: options, orders: orders, folder: folder, progress: progress).run()
        var spans: [SpanData] = []
        for file in files {
            let data = try Data(contentsOf: file)
            try output?.write(contentsOf: data)
            spans += try OTLPJSONLines.read(contentsOf: file)
        }
        return spans
    }

    private static func readOrders(_ options: DemoOptions) throws -> OrderFile {
        guard let path = options.ordersFile else { return OrderFile(BundledOrders.data, name: BundledOrders.name) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandError.failure("can't read the orders in \(path): \(String(cString: strerror(errno)))")
        }
        do {
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            return OrderFile(try handle.readToEnd() ?? Data(), name: path)
        } catch {
            throw CommandError.failure("can't read the orders in \(path): is it a file?")
        }
    }

    /// Opened before anything is started, so that a wrong path costs no run.
    private static func openOutput(_ path: String) throws -> FileHandle {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandError.failure("can't write spans to \(path): \(String(cString: strerror(errno)))")
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Runs something in a folder of its own that is gone afterwards.
    private static func withTemporaryFolder<Success>(_ body: (URL) async throws -> Success) async throws -> Success {
        let folder = FileManager.default.temporaryDirectory.appending(path: "stitch-demo-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder)
    }

    /// Runs something that SIGINT and SIGTERM cancel; it still cleans up.
    private static func interruptible<Success: Sendable>(
        _ body: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        let signals = Signals()
        defer { signals.stop() }
        let working = Task { try await body() }
        let stream = signals.stream
        let listening = Task { for await _ in stream { working.cancel() } }
        defer { listening.cancel() }
        do {
            return try await working.value
        } catch  where working.isCancelled {
            throw CommandError.interrupted
        }
    }
}
