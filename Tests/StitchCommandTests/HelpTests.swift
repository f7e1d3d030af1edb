// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData
import Testing

@testable import StitchCommand

@Suite("Help and completions")
struct HelpTests {
    @Test("The help lists all commands, and each has one of its own")
    func help() async {
        let all = await CommandFixture.run(["help"])
        for command in CommandTable.all.map({ $0.description }) {
            #expect(all.output.contains("  \(command.name) "))
            let own = await CommandFixture.run([command.name, "--help"])
            #expect(own.status == 0)
            #expect(own.output.hasPrefix("USAGE: stitch \(command.name)"))
            #expect(own.output == (await CommandFixture.run(["help", command.name])).output)
            #expect(own.lines.allSatisfy { $0.count <= 160 }, "\(command.name)")
            #expect(Set(command.allOptions.map(\.name)).count == command.allOptions.count)
        }
    }

    @Test("The examples of the help do what they say")
    func examples() async throws {
        try await CommandFixture.withFile(Shop.orders(40)) { file, folder in
            let store = folder.appending(path: "spans").path
            #expect(await CommandFixture.run(["import", file, "--store", store]).status == 0)
            // Those of `redrive` need a Kafka: its own tests have one.
            for example in CommandTable.all.flatMap({ $0.description.examples })
            where !example.line.hasPrefix("stitch redrive") {
                var words = Self.words(of: example.line)
                #expect(words.removeFirst() == "stitch")
                words = words.map { word in
                    switch word {
                    case "shop.otlp.jsonl": file
                    case "spans": store
                    case "flow.html", "all.otlp.jsonl": folder.appending(path: word).path
                    default:
                        word.replacing(/^([45])bf92f35(?=$|\/)/) { Shop.trace(of: $0.1 == "4" ? 0 : 1).description }
                    }
                }
                let outcome = await CommandFixture.run(words)
                #expect(outcome.status == 0, "\(example.line): \(outcome.error)")
            }
        }
    }

    /// The words of a line, as a shell cuts it.
    private static func words(of line: String) -> [String] {
        line.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
            index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
        }
    }

    @Test("Shells understand the completions", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) async throws {
        let outcome = await CommandFixture.run(["completions", shell])
        #expect(outcome.status == 0)
        for command in CommandTable.all.map({ $0.description }) { #expect(outcome.output.contains(command.name)) }
        #expect(outcome.output.contains("critical-path"))
        let program = ["/bin/", "/usr/bin/"].map { $0 + shell }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        guard let program else { return }
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = ["-n"]
        let input = Pipe()
        process.standardInput = input
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(outcome.output.utf8))
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(await CommandFixture.run(["completions", "tcsh"]).status == 64)
    }
}
