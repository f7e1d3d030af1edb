// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import PostgresTesting

@Suite("The guardian of a temporary Postgres", .timeLimit(.minutes(1)))
struct GuardianTests {
    @Test("An owner that vanishes while the server starts, with all of its pipes, leaves no folder and no server")
    func vanishedOwner() async throws {
        let binaries = try PostgresBinaries.find()
        let port = try #require(freePort())
        let (ended, end) = AsyncStream.makeStream(of: Int32.self)
        let process = Process()
        let (lifeline, report) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", GuardianScript.text, "guardian", binaries.folder, String(port), "fast"]
        process.standardInput = lifeline
        process.standardOutput = report
        process.terminationHandler = { end.yield($0.terminationStatus) }
        try process.run()
        // The first line comes before the server is made; what comes later, nobody reads.
        let line = String(decoding: report.fileHandleForReading.availableData, as: UTF8.self)
        let folder = try #require(GuardianReport(lines: line).folder)
        #expect(FileManager.default.fileExists(atPath: folder))
        try report.fileHandleForReading.close()
        try lifeline.fileHandleForWriting.close()
        for await status in ended {
            #expect(status == 0)
            break
        }
        #expect(!FileManager.default.fileExists(atPath: folder))
    }
}
