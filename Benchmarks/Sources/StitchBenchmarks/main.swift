// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Every group by name, in the order in which they run.
let groups: [any BenchmarkGroup.Type] = [
    ContextBenchmarks.self, MetricsBenchmarks.self, OTLPBenchmarks.self, SDKBenchmarks.self,
    StoreBenchmarks.self, PostgresBenchmarks.self, JobBenchmarks.self, KafkaBenchmarks.self,
]

let wanted = Array(CommandLine.arguments.dropFirst())
let names = groups.map { $0.name }

if wanted == ["--list"] {
    print(names.joined(separator: "\n"))
} else if let unknown = wanted.first(where: { !names.contains($0) }) {
    let message = "there is no group \"\(unknown)\"; there are: \(names.joined(separator: ", "))\n"
    try FileHandle.standardError.write(contentsOf: Data(message.utf8))
    exit(1)
} else {
    var failed = false
    for group in groups where wanted.isEmpty || wanted.contains(group.name) {
        do {
            for figure in try await group.run() { print(figure) }
        } catch {
            failed = true
            try FileHandle.standardError.write(contentsOf: Data("no figures of \(group.name): \(error)\n".utf8))
        }
    }
    if failed { exit(1) }
}
