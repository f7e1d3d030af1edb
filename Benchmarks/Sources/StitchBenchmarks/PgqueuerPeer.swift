// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The same work by pgqueuer, a queue on Postgres for Python, without tracing.
///
/// `STITCH_BENCH_PGQUEUER` names a Python that has it; no figures, and a word about it, without.
struct PgqueuerPeer {
    let url: String
    let jobs: Int

    func run() throws -> [Figure] {
        let environment = ProcessInfo.processInfo.environment
        guard let python = environment["STITCH_BENCH_PGQUEUER"], !python.isEmpty,
            let script = environment["STITCH_BENCH_PEERS"].map({ "\($0)/pgqueuer.py" })
        else { return without("STITCH_BENCH_PGQUEUER names no Python that has it") }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: python)
        process.arguments = [script, url, "\(jobs)"]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return without("it failed") }
        return text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ")
            guard parts.count == 2, let value = Double(parts[1]) else { return nil }
            return Figure(name: "pgqueuer.\(parts[0])", value: value, unit: .perSecond)
        }
    }

    private func without(_ reason: String) -> [Figure] {
        FileHandle.standardError.write(Data("bench: no figures of pgqueuer: \(reason)\n".utf8))
        return []
    }
}
