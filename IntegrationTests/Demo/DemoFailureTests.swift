// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("A demo that can't go on", .serialized, .timeLimit(.minutes(5)))
struct DemoFailureTests {
    /// Checks that a run said one sentence with these words, failed, and left nothing.
    private func expectFailure(
        _ arguments: [String],
        environment: [String: String] = [:],
        says words: String...,
        status: Int32 = 1,
        prepare: (URL) throws -> [String] = { _ in [] }
    ) async throws {
        try await withFolder { folder in
            let more = try prepare(folder)
            let before = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            let outcome = try await StitchProcess.run(arguments + more, in: folder, environment: environment)
            #expect(outcome.status == status)
            #expect(outcome.output.isEmpty)
            let lines = outcome.error.split(separator: "\n")
            #expect(lines.count == 1, "\(outcome.error)")
            for word in words { #expect(outcome.error.contains(word), "\(outcome.error)") }
            let after = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(Set(after) == Set(before + ["output", "error"]))
        }
    }

    @Test("Orders that can't be read are named")
    func unreadableOrders() async throws {
        try await expectFailure(
            ["demo", "--orders", "/no/such/orders"],
            says: "can't read the orders in /no/such/orders"
        )
    }

    @Test("A file without an order is named")
    func noOrders() async throws {
        try await expectFailure(["demo", "--orders", "/dev/null"], says: "there is no order in /dev/null")
    }

    @Test("A Kafka that can't be reached is named")
    func unreachableKafka() async throws {
        try await expectFailure(["demo", "--kafka", "127.0.0.1:1"], says: "Kafka at 127.0.0.1:1", "is it running")
    }

    @Test("A Postgres that can't be reached is named, without its password")
    func unreachablePostgres() async throws {
        try await expectFailure(
            ["demo", "--postgres", "postgres://me:hunter2@127.0.0.1:1/x"],
            says: "Postgres",
            "127.0.0.1"
        )
        try await withFolder { folder in
            let outcome = try await StitchProcess.run(
                ["demo", "--postgres", "postgres://me:hunter2@127.0.0.1:1/x"],
                in: folder
            )
            #expect(!outcome.error.contains("hunter2"))
        }
    }

    @Test("Missing Postgres programs are named")
    func noPostgres() async throws {
        try await expectFailure(["demo"], environment: ["STITCH_POSTGRES_BIN": "/no/such"], says: "initdb", "/no/such")
    }

    @Test("An option that isn't there is named")
    func unknownOption() async throws {
        try await expectFailure(["demo", "--port", "80"], says: "--port", status: 64)
    }

    @Test("A line that is no order is named by its number, the others run, and the status says so")
    func malformedLine() async throws {
        try await withFolder { folder in
            let file = folder.appending(path: "orders")
            try Data(
                """
                {"id": 1, "customer": "a", "items": 1, "total": 1}
                {"id": 2, "customer": "b"

                """.utf8
            ).write(to: file)
            let outcome = try await StitchProcess.run(["demo", "--orders", file.path], in: folder)
            #expect(outcome.status == 1)
            #expect(outcome.error.contains("orders line 2: "))
            #expect(outcome.totals["orders"] == 1)
            #expect(outcome.totals["dangling"] == 0)
        }
    }

    @Test("SIGINT in the middle ends it with all that it started", arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) async throws {
        try await withFolder { folder in
            let process = try StitchProcess(["demo", "--count", "100000"], in: folder)
            try process.start()
            try await waitForServices(of: process.identifier)
            kill(process.identifier, signal)
            let outcome = try await process.finish()
            #expect(outcome.status == 130)
            #expect(outcome.error.split(separator: "\n") == ["stitch: interrupted"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["error", "output"])
            #expect(processes(mentioning: folder.path).isEmpty)
        }
    }

    @Test("A demo that is killed takes its services and its Postgres along")
    func killed() async throws {
        try await withFolder { folder in
            let process = try StitchProcess(["demo", "--count", "100000"], in: folder)
            try process.start()
            try await waitForServices(of: process.identifier)
            let services = processes(mentioning: "demo-service").filter { $0.parent == process.identifier }
            kill(process.identifier, SIGKILL)
            _ = try await process.finish()
            try await wait("the services or the Postgres of a killed demo go on") {
                processes(mentioning: folder.path).isEmpty
                    && services.allSatisfy { service in kill(service.identifier, 0) != 0 }
            }
        }
    }

    /// Waits until the demo's services run: whatever it had to prepare is there then.
    private func waitForServices(of identifier: Int32) async throws {
        try await wait("the services of the demo did not start") {
            processes(mentioning: "demo-service").count { $0.parent == identifier } == 3
        }
    }

    /// Waits for what other processes do; there is no event for that.
    private func wait(_ complaint: Comment, until condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !condition() {
            try #require(ContinuousClock.now < deadline, complaint)
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private struct Listed {
        var identifier: Int32
        var parent: Int32
    }

    private func processes(mentioning text: String) -> [Listed] {
        let list = Process()
        let pipe = Pipe()
        list.executableURL = URL(filePath: "/bin/ps")
        list.arguments = ["-A", "-ww", "-o", "pid=,ppid=,args="]
        list.standardOutput = pipe
        guard (try? list.run()) != nil else { return [] }
        let data = (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
        list.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { line in
            guard line.contains(text), !line.contains("/bin/ps") else { return nil }
            let numbers = line.split(separator: " ").prefix(2).compactMap { Int32($0) }
            return numbers.count == 2 ? Listed(identifier: numbers[0], parent: numbers[1]) : nil
        }
    }
}
