// SPDX-License-Identifier: Apache-2.0

import Foundation
import MessageTracing
import Testing

@testable import TracedJobs

private struct SendReceipt: Job {
    static let kind = "send_receipt"
    static let aliases = ["receipt", "send_receipt", "receipt"]
}

private struct Receipt: Job {
    static let kind = "receipt"
}

private struct Bill: Job {
    static let kind = "bill"
    static let aliases = ["receipt"]
}

private struct Nameless: Job {
    static let kind = "a"
    static let aliases = ["b\0"]
}

@Suite("The handlers of a worker")
struct JobHandlersTests {
    private let configuration = JobWorkerConfiguration(queues: ["default": 1])

    private func handlers(_ fill: (JobHandlers) -> Void) throws -> [String: KindHandler] {
        let handlers = JobHandlers()
        fill(handlers)
        return try handlers.checked(for: configuration)
    }

    private func policy(_ handlers: [String: KindHandler]) throws -> [String: Any] {
        let json = try KnownKinds(handlers, usual: configuration.continuation).policy
        return try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any] ?? [:]
    }

    @Test("A handler is there under each name of its kind, however often that is said")
    func aliases() throws {
        let handlers = try handlers { $0.add(SendReceipt.self) { _, _ in } }
        #expect(try KnownKinds(handlers, usual: .default).names == ["receipt", "send_receipt"])
    }

    @Test("An alias that is another handler's kind or alias is refused, in either order, with its name")
    func clashes() {
        let fills: [(JobHandlers) -> Void] = [
            {
                $0.add(SendReceipt.self) { _, _ in }
                $0.add(Receipt.self) { _, _ in }
            },
            {
                $0.add(Receipt.self) { _, _ in }
                $0.add(SendReceipt.self) { _, _ in }
            },
            {
                $0.add(SendReceipt.self) { _, _ in }
                $0.add(Bill.self) { _, _ in }
            },
        ]
        for fill in fills {
            let error = #expect(throws: JobError.self) { _ = try handlers(fill) }
            #expect(error?.code == .duplicateHandler && error?.message.contains("kind receipt,") == true)
        }
    }

    @Test("A handler works as it was told, and as the worker does where it was told nothing")
    func options() throws {
        let retry = RetryPolicy(initialDelay: .seconds(7))
        let handlers = try handlers {
            $0.add(SendReceipt.self, .init(retry: retry, continuation: .newTrace, timeLimit: .seconds(3))) { _, _ in }
        }
        for handler in handlers.values {
            #expect(handler.retry == retry && handler.continuation == .newTrace && handler.timeLimit == .seconds(3))
        }
        let plain = try self.handlers { $0.add(Receipt.self) { _, _ in } }
        #expect(plain["receipt"]?.retry == configuration.retry && plain["receipt"]?.timeLimit == nil)
        #expect(plain["receipt"]?.continuation == .default)
    }

    @Test("What can't be used is refused with the kind's name")
    func refused() {
        let options: [KindHandler.Options] = [.init(timeLimit: .zero), .init(retry: RetryPolicy(factor: 0))]
        for option in options {
            let error = #expect(throws: JobError.self) { _ = try handlers { $0.add(Bill.self, option) { _, _ in } } }
            #expect(error?.code == .invalidConfiguration)
        }
        let error = #expect(throws: JobError.self) { _ = try handlers { $0.add(Nameless.self) { _, _ in } } }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test("The row of a worker says the usual policy, and that of each name whose own is another")
    func policies() throws {
        let plain = try policy(handlers { $0.add(Receipt.self) { _, _ in } })
        #expect(plain["mode"] as? String == "automatic" && plain["within"] as? Double == 600 && plain.count == 2)
        let mixed = try policy(
            handlers {
                $0.add(SendReceipt.self, .init(continuation: .automatic(within: .milliseconds(1500)))) { _, _ in }
            }
        )
        let kinds = mixed["kinds"] as? [String: [String: Any]] ?? [:]
        #expect(kinds.keys.sorted() == ["receipt", "send_receipt"])
        #expect(kinds.values.allSatisfy { $0["mode"] as? String == "automatic" && $0["within"] as? Double == 1.5 })
    }
}
