// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Runs `stitch` as a user does: the program that was built beside the tests.
struct StitchProcess {
    /// What a run left.
    struct Outcome {
        var status: Int32
        var output: String
        var error: String

        /// The output's line of totals, as numbers by name.
        var totals: [String: Int] {
            let line = output.split(separator: "\n").last { $0.hasPrefix("stitched: ") } ?? ""
            let pairs = line.dropFirst("stitched: ".count).split(separator: " ").map { $0.split(separator: "=") }
            return Dictionary(pairs.compactMap { pair in Int(pair[1]).map { (String(pair[0]), $0) } }) { $1 }
        }
    }

    private let process = Process()
    private let folder: URL

    /// Prepares a run whose temporary files go to `folder`.
    init(_ arguments: [String], in folder: URL, environment: [String: String] = [:]) throws {
        self.folder = folder
        let tests = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
        let built =
            tests?.deletingLastPathComponent() ?? URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        process.executableURL = built.appending(path: "stitch")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment
            .merging(["TMPDIR": folder.path, "NO_COLOR": "1"]) { $1 }
            .merging(environment) { $1 }
        for name in ["output", "error"] {
            try Data().write(to: folder.appending(path: name))
        }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: folder.appending(path: "output"))
        process.standardError = try FileHandle(forWritingTo: folder.appending(path: "error"))
    }

    /// Its number, once it runs.
    var identifier: Int32 { process.processIdentifier }

    func start() throws { try process.run() }

    /// Waits, on a thread of its own, until it has ended.
    func finish() async throws -> Outcome {
        let process = process
        await withCheckedContinuation { continuation in
            let thread = Thread {
                process.waitUntilExit()
                continuation.resume()
            }
            thread.start()
        }
        return Outcome(
            status: process.terminationStatus,
            output: try String(contentsOf: folder.appending(path: "output"), encoding: .utf8),
            error: try String(contentsOf: folder.appending(path: "error"), encoding: .utf8)
        )
    }

    /// Runs from beginning to end.
    static func run(
        _ arguments: [String],
        in folder: URL,
        environment: [String: String] = [:]
    ) async throws -> Outcome {
        let process = try StitchProcess(arguments, in: folder, environment: environment)
        try process.start()
        return try await process.finish()
    }
}

/// Runs a test in a folder of its own, whose path is short because sockets are in it.
func withFolder<Success>(_ body: (URL) async throws -> Success) async throws -> Success {
    let folder = URL(filePath: "/tmp/stitch-it-\(UInt32.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // A Postgres that runs as another user has to get through.
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}
