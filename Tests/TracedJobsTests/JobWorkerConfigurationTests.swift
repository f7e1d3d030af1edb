// SPDX-License-Identifier: Apache-2.0

import Dispatch
import MessageTracing
import Testing

@testable import TracedJobs

@Suite("A worker's settings")
struct JobWorkerConfigurationTests {
    typealias Change = @Sendable (inout JobWorkerConfiguration) -> Void

    private func refusal(after change: Change) -> JobError? {
        var configuration = JobWorkerConfiguration(queues: ["default": 8])
        change(&configuration)
        do throws(JobError) { try configuration.validate() } catch { return error }
        return nil
    }

    static let refused: [(field: String, change: Change)] = [
        ("queue", { $0.queues = [:] }), ("Queue", { $0.queues = ["": 1] }), ("Queue", { $0.queues["mail"] = 0 }),
        ("Queue", { $0.queues["mail"] = .min }), ("Queue", { $0.queues["mail"] = .max }),
        ("Queue", { $0.queues["mail"] = 10_001 }), ("NUL", { $0.queues["ma\0il"] = 1 }), ("NUL", { $0.name = "\0" }),
        ("name", { $0.name = "" }), ("lease", { $0.lease = .milliseconds(999) }),
        ("lease", { $0.lease = .seconds(-9) }),
        ("lease", { $0.lease = .seconds(86_401) }), ("lease", { $0.lease = .seconds(Int64.max) }),
        ("fallbackInterval", { $0.fallbackInterval = .zero }),
        ("fallbackInterval", { $0.fallbackInterval = .nanoseconds(1) }),
        ("fallbackInterval", { $0.fallbackInterval = .seconds(Int64.min) }), ("drain", { $0.drain = .nanoseconds(-1) }),
        ("grace", { $0.grace = .seconds(Int64.min) }), ("attemptLimit", { $0.attemptLimit = .zero }),
        ("attemptLimit", { $0.attemptLimit = .seconds(-1) }), ("maximumLosses", { $0.maximumLosses = 0 }),
        ("maximumLosses", { $0.maximumLosses = .min }), ("maximumLosses", { $0.maximumLosses = 32_001 }),
        ("maximumLosses", { $0.maximumLosses = .max }), ("retry policy", { $0.retry.jitter = .nan }),
        ("retry policy", { $0.retry.factor = .infinity }), ("retry policy", { $0.retry.initialDelay = .seconds(-1) }),
        ("retry policy", { $0.retry.maximumDelay = .zero }),
        ("continue", { $0.continuation = .automatic(within: .seconds(Int64.max)) }),
        ("continue", { $0.continuation = .automatic(within: .seconds(-1)) }),
    ]

    @Test("that can't be used are refused, by the field", arguments: refused.indices)
    func refusals(index: Int) throws {
        let (field, change) = Self.refused[index]
        let error = try #require(refusal(after: change))
        #expect(error.code == .invalidConfiguration && error.message.contains(field), "\(error)")
    }

    @Test("at their ends are taken")
    func ends() {
        let changes: [Change] = [
            { $0.queues["mail"] = 10_000 }, { $0.lease = .seconds(1) }, { $0.lease = .seconds(86_400) },
            { $0.fallbackInterval = .milliseconds(1) }, { $0.fallbackInterval = .seconds(Int64.max) },
            { $0.drain = .zero }, { $0.drain = .seconds(Int64.max) }, { $0.grace = .zero },
            { $0.grace = .seconds(Int64.max) }, { $0.attemptLimit = .nanoseconds(1) },
            { $0.attemptLimit = .seconds(Int64.max) }, { $0.maximumLosses = 1 }, { $0.maximumLosses = 32_000 },
            {
                $0.retry = RetryPolicy(
                    initialDelay: .seconds(Int64.max),
                    factor: 1e300,
                    maximumDelay: .seconds(Int64.max)
                )
            },
            { $0.continuation = .automatic(within: .zero) },
        ]
        for (index, change) in changes.enumerated() { #expect(refusal(after: change) == nil, "\(index)") }
    }

    @Test("that are longer than any timer end after a year, and those that are over at once")
    func timers() {
        let year = DispatchTimeInterval.seconds(365 * 86_400)
        for time in [Duration.seconds(Int64.max), .seconds(366 * 86_400)] {
            #expect(DispatchTimeInterval.upTo(time) == year)
        }
        #expect(DispatchTimeInterval.upTo(.seconds(Int64.min)) == .seconds(0))
        #expect(DispatchTimeInterval.upTo(.milliseconds(1500)) == .milliseconds(1500))
    }

    @Test("of a kind are refused likewise")
    func kinds() throws {
        let handlers = JobHandlers()
        handlers.add(Plain.self, .init(continuation: .automatic(within: .seconds(Int64.max)))) { _, _ in }
        #expect(throws: JobError.self) { try handlers.checked(for: JobWorkerConfiguration(queues: ["default": 1])) }
    }

    private struct Plain: Job { static let kind = "plain" }
}
