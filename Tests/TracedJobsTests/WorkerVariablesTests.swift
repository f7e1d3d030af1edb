// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import TracedJobs

@Suite("A worker's settings of the environment")
struct WorkerVariablesTests {
    private typealias Name = WorkerVariables.Name

    @Test("Each variable sets its field; an empty one sets none")
    func fields() throws {
        let configuration = try JobWorkerConfiguration(environment: [
            "STITCH_JOBS_QUEUES": " default=8, a=b=2\n", "STITCH_JOBS_WORKER_NAME": "billing-1\n",
            "STITCH_JOBS_LEASE": "60000", "STITCH_JOBS_FALLBACK_INTERVAL": "2500", "STITCH_JOBS_DRAIN": "0",
            "STITCH_JOBS_GRACE": "1", "STITCH_JOBS_ATTEMPT_LIMIT": "90000", "STITCH_JOBS_MAXIMUM_LOSSES": "7",
        ])
        #expect(configuration.queues == ["default": 8, "a=b": 2] && configuration.name == "billing-1")
        #expect(configuration.lease == .seconds(60) && configuration.fallbackInterval == .milliseconds(2500))
        #expect(configuration.drain == .zero && configuration.grace == .milliseconds(1))
        #expect(configuration.attemptLimit == .seconds(90) && configuration.maximumLosses == 7)
        let empty = Dictionary(uniqueKeysWithValues: Name.allCases.map { ($0.rawValue, " ") })
        let usual = try JobWorkerConfiguration(environment: empty.merging(["STITCH_JOBS_QUEUES": "mail=1"]) { $1 })
        let byCode = JobWorkerConfiguration(queues: ["mail": 1])
        #expect(usual.lease == byCode.lease && usual.drain == byCode.drain && usual.grace == byCode.grace)
        #expect(usual.fallbackInterval == byCode.fallbackInterval && usual.maximumLosses == byCode.maximumLosses)
        #expect(usual.attemptLimit == nil && usual.name.hasPrefix("worker-"))
    }

    @Test(
        "What can't be read is refused by the variable's name",
        arguments: [
            ("STITCH_JOBS_QUEUES", "default"), ("STITCH_JOBS_QUEUES", "default=many"), ("STITCH_JOBS_QUEUES", "a=1,"),
            ("STITCH_JOBS_QUEUES", "a=1,a=2"), ("STITCH_JOBS_QUEUES", ""), ("STITCH_JOBS_LEASE", "30s"),
            ("STITCH_JOBS_DRAIN", "99999999999999999999"), ("STITCH_JOBS_MAXIMUM_LOSSES", "5.0"),
        ]
    )
    func unreadable(name: String, value: String) {
        let error = #expect(throws: JobError.self) {
            _ = try JobWorkerConfiguration(
                environment: ["STITCH_JOBS_QUEUES": "default=1"].merging([name: value]) { $1 }
            )
        }
        #expect(error?.code == .invalidConfiguration && error?.message.hasPrefix(name) == true)
    }

    @Test("Every variable is on the page about the configuration, with what it is unless set, and no other")
    func page() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/configuration.md"), encoding: .utf8)
        var rows: [String: String] = [:]
        for line in page.split(separator: "\n") where line.hasPrefix("| `STITCH_JOBS_") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            rows[cells[0].trimmingCharacters(in: CharacterSet(charactersIn: "`"))] = cells[2]
        }
        #expect(Set(rows.keys) == Set(Name.allCases.map(\.rawValue)))
        let usual = JobWorkerConfiguration(queues: [:])
        let durations: [(Name, Duration)] = [
            (.lease, usual.lease), (.fallbackInterval, usual.fallbackInterval), (.drain, usual.drain),
            (.grace, usual.grace),
        ]
        for (name, duration) in durations { #expect(rows[name.rawValue] == "\(Int(duration / .milliseconds(1)))") }
        #expect(rows[Name.maximumLosses.rawValue] == "\(usual.maximumLosses)")
    }
}
