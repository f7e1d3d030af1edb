// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchCommand

@Suite("Options of the command line")
struct OptionParserTests {
    private static func demo(_ arguments: [String]) throws -> DemoOptions {
        try DemoOptions(OptionParser(DemoOptions.description).parse(arguments))
    }

    @Test("Values stand behind a space or an equals sign; the last counts")
    func values() throws {
        let options = try Self.demo(["--count", "5", "--count=7", "--json", "--otlp=a=b"])
        #expect(options.count == 7)
        #expect(options.isJSON)
        #expect(options.otlpFile == "a=b")
    }

    @Test("Asking for help asks for nothing else")
    func help() throws {
        let parsed = try OptionParser(DemoOptions.description).parse(["--help", "orders.jsonl", "--count", "many"])
        #expect(parsed.has("help"))
    }

    @Test(
        "What can't be meant is refused with one sentence that names it",
        arguments: [
            (["--count"], "--count"), (["--count", "0"], "'0'"), (["--count", "many"], "'many'"),
            (["--count", "100001"], "100000"), (["--nope"], "--nope"), (["orders.jsonl"], "'orders.jsonl'"),
            (["--json=yes"], "--json"), (["--orders="], "--orders"),
        ]
    )
    func refused(arguments: [String], named: String) {
        #expect { try Self.demo(arguments) } throws: { error in
            guard let error = error as? CommandError else { return false }
            return error.message.contains(named) && error.status == CommandError.usageStatus
        }
    }
}
