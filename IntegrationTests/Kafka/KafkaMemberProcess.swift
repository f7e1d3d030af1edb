// SPDX-License-Identifier: Apache-2.0

import Foundation

/// `KafkaMember`: a member of a group in a process of its own, to be killed.
final class KafkaMemberProcess: Sendable {
    /// What it said.
    enum Line: Sendable {
        case begin(partition: Int32, offset: Int64)
        case done(partition: Int32, offset: Int64)
    }

    /// What it says, until it ends.
    let lines: AsyncStream<Line>
    private let process: Process

    /// What it does with records.
    enum Manner: String {
        case batches, fails, traced, failsTraced
    }

    /// Starts it.
    ///
    /// - Parameters:
    ///   - group: The group that it joins.
    ///   - topic: What it reads.
    ///   - brokers: Where.
    ///   - manner: What it does with records.
    ///   - most: How many records it begins at most, where it is traced.
    ///   - environment: What else its environment has.
    /// - Throws: When it can't be started.
    init(
        group: String,
        topic: String,
        brokers: [String],
        _ manner: Manner = .batches,
        most: Int = .max,
        environment: [String: String] = [:]
    ) throws {
        let tests = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
        let beside = tests ?? URL(filePath: CommandLine.arguments[0])
        let output = Pipe()
        process = Process()
        process.executableURL = beside.deletingLastPathComponent().appending(path: "KafkaMember")
        process.arguments = [group, topic, manner.rawValue, "\(most)"]
        process.environment = ProcessInfo.processInfo.environment
            .merging(["KAFKA_BOOTSTRAP_SERVERS": brokers.joined(separator: ",")]) { $1 }
            .merging(environment) { $1 }
        process.standardOutput = output
        let (lines, line) = AsyncStream.makeStream(of: Line.self)
        self.lines = lines
        try process.run()
        let thread = Thread {
            var text = ""
            while true {
                // What is there, which is nothing at the end.
                let data = output.fileHandleForReading.availableData
                guard !data.isEmpty else { break }
                text += String(decoding: data, as: UTF8.self)
                while let end = text.firstIndex(of: "\n") {
                    if let said = Self.parse(text[..<end]) { line.yield(said) }
                    text = String(text[text.index(after: end)...])
                }
            }
            line.finish()
        }
        thread.start()
    }

    /// Ends it at once.
    func kill() { Foundation.kill(process.processIdentifier, SIGKILL) }

    private static func parse(_ line: Substring) -> Line? {
        let words = line.split(separator: " ")
        guard words.count == 3, let partition = Int32(words[1]), let offset = Int64(words[2]) else { return nil }
        return words[0] == "begin"
            ? .begin(partition: partition, offset: offset) : .done(partition: partition, offset: offset)
    }
}
