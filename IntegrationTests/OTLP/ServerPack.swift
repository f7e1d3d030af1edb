// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A real server from the folder that `STITCH_TEST_SERVERS` names, with files of its own.
struct ServerPack {
    struct Failure: Error, CustomStringConvertible { var description: String }

    /// Where its files are.
    let folder: URL
    /// What the launcher printed: ports and addresses by name.
    let settings: [String: String]

    private let launcher: String

    /// Whether a test that needs a real server runs: where there are some, and in CI, where it fails without.
    static var isExpected: Bool { isThere || environment["CI"] != nil }

    /// Whether the folder of real servers is named.
    static var isThere: Bool { environment["STITCH_TEST_SERVERS"] != nil }

    private static var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// Runs `body` beside a server, which is stopped, and its folder removed, afterwards.
    ///
    /// The launcher gets `arguments` and what `prepare` returns, which writes into the folder what the server reads.
    static func with(
        _ name: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        prepare: (URL) throws -> [String] = { _ in [] },
        _ body: (ServerPack) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "stitch-\(name)-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let further = try prepare(folder)
        let pack = try await ServerPack(name, arguments + further, in: folder, environment)
        do {
            try await body(pack)
        } catch {
            try await pack.stop()
            throw error
        }
        try await pack.stop()
    }

    private init(_ name: String, _ arguments: [String], in folder: URL, _ environment: [String: String]) async throws {
        guard let servers = Self.environment["STITCH_TEST_SERVERS"] else {
            throw Failure(description: "STITCH_TEST_SERVERS is not set: name the folder of real servers to test with")
        }
        launcher = "\(servers)/\(name)/bin/\(name)"
        self.folder = folder
        let printed = try await Self.run(launcher, ["start", folder.path] + arguments, in: folder, environment)
        let pairs = printed.split(separator: "\n").compactMap { line -> (String, String)? in
            let parts = line.split(separator: "=", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
        settings = Dictionary(pairs) { $1 }
    }

    /// Ends the server, which writes what it still holds.
    ///
    /// May be called again.
    func stop() async throws {
        _ = try await Self.run(launcher, ["stop", folder.path], in: folder, [:])
    }

    /// Calls the launcher, as `kill` with a node's number.
    func call(_ command: String, _ arguments: String...) async throws { try await call(command, arguments) }

    func call(_ command: String, _ arguments: [String]) async throws {
        _ = try await Self.run(launcher, [command, folder.path] + arguments, in: folder, [:])
    }

    func setting(_ name: String) throws -> String {
        guard let value = settings[name] else { throw Failure(description: "\(launcher) printed no \(name)") }
        return value
    }

    /// Runs a program to its end, away from the cooperative pool; what it printed.
    ///
    /// Its output goes to a file: a server that stays behind would keep a pipe open.
    static func run(
        _ program: String,
        _ arguments: [String],
        in folder: URL,
        _ environment: [String: String] = [:]
    ) async throws -> String {
        let output = folder.appending(path: "printed-\(UUID())").path
        let variables = Self.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        let status = await onThread { spawn([program] + arguments, variables, output: output) }
        let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
        guard status == 0 else {
            throw Failure(description: "\(program) \(arguments.joined(separator: " ")) failed: \(text.suffix(2000))")
        }
        return text
    }

    /// Runs a program to its end; its status, or -1 if it could not be run or was killed.
    ///
    /// Not Foundation's `Process`, which waits for whatever the program leaves behind, too.
    private static func spawn(_ arguments: [String], _ variables: [String], output: String) -> Int32 {
        // The copies are ours until the call has returned.
        var argumentList = arguments.map { strdup($0) } + [nil]
        var variableList = variables.map { strdup($0) } + [nil]
        defer { (argumentList + variableList).forEach { free($0) } }
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        #else
        var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var identifier: pid_t = 0
        guard posix_spawn(&identifier, arguments[0], &actions, nil, &argumentList, &variableList) == 0 else {
            return -1
        }
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0 {
            guard errno == EINTR else { return -1 }
        }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
    }
}
