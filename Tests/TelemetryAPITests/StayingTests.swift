// SPDX-License-Identifier: Apache-2.0

import Dispatch
import MessageTracing
import StitchTesting
import Synchronization
import TelemetryAPI
import Testing

/// Counts how often something is handed to it.
private final class CountingExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "counting")
    private let jobs = Atomic(0)

    var count: Int { jobs.load(ordering: .relaxed) }

    func enqueue(_ job: consuming ExecutorJob) {
        jobs.add(1, ordering: .relaxed)
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}

/// Does each thing that makes something current, and says how often it was entered anew meanwhile.
private actor Stage {
    private let executor = CountingExecutor()

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private var entries = 0

    private func entries(_ body: (isolated Stage) async throws -> Void) async rethrows -> Int {
        let before = executor.count
        try await body(self)
        return executor.count - before
    }

    func all() async -> [Int] {
        let target = MessageTarget(system: "kafka", destination: "orders")
        let message = ReceivedMessage(carrier: ContextCarrier())
        return [
            await entries { stage in await withSpan("a") { (_: Span) async in stage.entries += 1 } },
            await entries { stage in
                await withSpan("a", ofKind: .server, continuing: ContextCarrier()) { (_: Span) async in
                    stage.entries += 1
                }
            },
            await entries { stage in await startSpan("a").makeCurrent { () async in stage.entries += 1 } },
            await entries { stage in await withBaggage(Baggage()) { () async in stage.entries += 1 } },
            await entries { stage in await withTracer(NoOpTracer()) { () async in stage.entries += 1 } },
            await entries { stage in await ProcessSpan(of: message, from: target).run { stage.entries += 1 } },
        ]
    }
}

@Test("What runs on an actor with something current stays there, rather than leaving it and coming back")
func staying() async throws {
    let entries = try await withStitchTest { _ in await Stage().all() }
    #expect(entries == [0, 0, 0, 0, 0, 0])
}
