// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchTesting
import TelemetryAPI
import TelemetryData
import Testing
import TraceContext
import TracedJobs

@Test("A retried receipt links to the order and to its first attempt")
func retried() async throws {
    try await withStitchTest(lint: FlowLint()) { test in
        let jobs = try await test.jobs()
        let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, attempt in
            if attempt.number == 1 { throw Bounced() }
        }
        try await withSpan("POST /orders") { _ in try await jobs.enqueue(SendReceipt(orderID: 7)) }
        try await worker.drain(advancingTime: true)
        let attempts = test.spans.process("default/send_receipt")
        #expect(
            attempts[1].links.map(\.spanID) == [
                test.spans.send("default/send_receipt")[0].spanID, attempts[0].spanID,
            ]
        )
        #expect(test.flow(of: attempts[0]).isStitched)
    }
}
