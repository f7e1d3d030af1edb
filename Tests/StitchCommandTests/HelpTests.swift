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
            for example in CommandTable.all.flatMap({ $0.description.examples }) {
                var words = Self.words(of: example.line)
                #expect(words.removeFirst() == "stitch")
                // Those need a Kafka or a Postgres: their own tests have one.
                if ["redrive", "migrate"].contains(words[0]) { continue }
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

    @Test("Every example is one that its command, or its action, takes")
    func exampleOptions() throws {
        let commands = CommandTable.all.map { $0.description }
        for command in commands.flatMap({ [$0] + $0.actions }) {
            for example in command.examples {
                let words = Self.words(of: example.line.split(separator: " > ").first.map(String.init) ?? "")
                let name = ["stitch"] + command.name.split(separator: " ").map(String.init)
                #expect(Array(words.prefix(name.count)) == name)
                #expect(throws: Never.self) { try OptionParser(command).parse(Array(words.dropFirst(name.count))) }
            }
        }
    }

    @Test("A command of several actions lists them, and each has a help of its own")
    func actions() async {
        let groups = CommandTable.all.map { $0.description }.filter { !$0.actions.isEmpty }
        #expect(groups.map(\.name) == ["jobs"])
        for group in groups {
            let help = await CommandFixture.run([group.name, "--help"])
            for action in group.actions {
                #expect(help.output.contains("  \(action.word) "))
                let own = await CommandFixture.run([group.name, action.word, "--help"])
                #expect(own.status == 0 && own.output.hasPrefix("USAGE: stitch \(group.name) \(action.word)"))
                #expect(own.output == (await CommandFixture.run(["help", group.name, action.word])).output)
                #expect(Set(action.allOptions.map(\.name)).count == action.allOptions.count)
            }
        }
    }

    @Test("Bash completes actions, and the options and words of the one that was typed")
    func bash() async throws {
        let script = await CommandFixture.run(["completions", "bash"]).output
        let cases = [
            (["jobs", "re"], "retry redrive resume"), (["jobs", "list", "--st"], "--state"),
            (["jobs", "show", "--st"], ""), (["jobs", "list", "--state", "de"], "dead"), (["mig"], "migrate"),
            (["redrive", "--dry"], "--dry-run"),
        ]
        for (words, expected) in cases {
            let line = (["stitch"] + words).joined(separator: " ")
            let process = Process()
            process.executableURL = URL(filePath: "/bin/bash")
            let end = "COMP_WORDS=(\(line)); COMP_CWORD=\(words.count); _stitch; echo \"${COMPREPLY[*]}\""
            process.arguments = ["-c", "\(script)\n\(end)"]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(text == "\(expected)\n", "\(line)")
        }
    }

    @Test("Passwords of addresses are told to nobody, wherever they were typed")
    func passwords() async {
        #expect("at postgres://shop:p:w@db/shop now".withoutPasswords == "at postgres://shop:•••@db/shop now")
        #expect("postgres://shop@db/shop".withoutPasswords == "postgres://shop@db/shop")
        #expect("host=db password = 'a \\' b' user=x".withoutPasswords == "host=db password=••• user=x")
        #expect("?sslPassword=abc&x=1".withoutPasswords == "?sslPassword=•••&x=1")
        let outcome = await CommandFixture.run(["flows", "--file", "x", "postgres://shop:hunter2@db/shop"])
        #expect(outcome.status != 0 && !outcome.error.contains("hunter2"))
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
