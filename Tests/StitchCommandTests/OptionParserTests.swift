// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchCommand

@Suite("Options of the command line")
struct OptionParserTests {
    @Test("Values stand behind a space or an equals sign; the last counts")
    func values() throws {
        let options = try #require(try DemoOptions.parse(["--count", "5", "--count=7", "--json", "--otlp=a=b"]))
        #expect(options.count == 7)
        #expect(options.isJSON)
        #expect(options.otlpFile == "a=b")
    }

    @Test("Asking for help asks for nothing else")
    func help() throws {
        #expect(try DemoOptions.parse(["--help"]) == nil)
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
        #expect { try DemoOptions.parse(arguments) } throws: { error in
            guard let error = error as? CommandError else { return false }
            return error.message.contains(named) && error.status == CommandError.usageStatus
        }
    }
}
