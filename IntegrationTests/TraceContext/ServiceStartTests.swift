// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("A service that takes calls, from start to end", .timeLimit(.minutes(3)))
struct ServiceStartTests {
    @Test(
        "A wrong argument is named",
        arguments: [
            (["--prot", "80"], "--prot"), (["--port"], "--port needs a value"), (["--port", "x"], "'x'"),
            (["--port", "65536"], "65536"), (["--via", "mail"], "'mail'"), (["--brokers", "a:1"], "--via kafka"),
            (["--via", "kafka", "--postgres", "x"], "--via job"), (["80"], "'80'"),
        ]
    )
    func wrongArgument(arguments: [String], complaint: String) async throws {
        let outcome = try await ServiceProcess.run(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.error.contains(complaint), "\(outcome.error)")
        #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
    }

    @Test("A port that is taken is named")
    func portInUse() async throws {
        try await RecordingTarget.run { _, port in
            let outcome = try await ServiceProcess.run(["--port", "\(port)"])
            #expect(outcome.status == 1)
            #expect(outcome.error.contains("\(port)"), "\(outcome.error)")
        }
    }

    @Test("Servers that can't be reached are told, without a password")
    func unreachable() async throws {
        let kafka = try await ServiceProcess.run(["--port", "0", "--via", "kafka", "--brokers", "127.0.0.1:1"])
        #expect(kafka.status == 1)
        #expect(kafka.error.contains("trace-context-service-"), "\(kafka.error)")
        let jobs = try await ServiceProcess.run([
            "--port", "0", "--via", "job", "--postgres", "postgres://me:hunter2@127.0.0.1:1/x",
        ])
        #expect(jobs.status == 1)
        #expect(jobs.error.contains("127.0.0.1") && !jobs.error.contains("hunter2"), "\(jobs.error)")
    }

    @Test(
        "A signal lets a request that has come be answered, then stops it cleanly",
        arguments: ["http", "kafka", "job"]
    )
    func stops(way: String) async throws {
        let service = try await ServiceProcess.start(via: way)
        try await RecordingTarget.run { target, port in
            let path = "/\(UUID().uuidString)"
            let hold = target.hold(path)
            let body = #"[{"url": "http://127.0.0.1:\#(port)\#(path)", "arguments": []}]"#
            async let answer = RawRequest(body: body).post(to: service.port)
            await hold.arrived()
            async let outcome = service.stop()
            hold.release()
            let status = try await answer.status
            #expect(status == 200)
            let left = await outcome
            #expect(left.status == 0)
            #expect(left.error.isEmpty)
        }
    }
}
