// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchKafka
import StitchTesting
import Synchronization
import Testing

@Suite("A lone sender on an executor of its own", .timeLimit(.minutes(2)))
struct LoneSenderElsewhereTests {
    /// Runs what it gets when it is told to.
    private final class HeldExecutor: TaskExecutor {
        private let jobs = Inbox<UnownedJob?>()

        func enqueue(_ job: consuming ExecutorJob) { jobs.put(UnownedJob(job)) }

        /// Its task has ended.
        func end() { jobs.put(nil) }

        /// Waits for the next job; `nil` when the task has ended.
        func next() async -> UnownedJob? { await jobs.next() ?? nil }

        func run(_ job: UnownedJob?) { job?.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// Runs what it gets at once, as some do in tests.
    private final class ImmediateExecutor: TaskExecutor {
        func enqueue(_ job: consuming ExecutorJob) {
            UnownedJob(job).runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    /// Has a record sent by a task that is called and doesn't come before `body` is over, over and over: whatever has to wait
    /// for a look that the producer's thread takes by itself waits for up to a second each time.
    private func whileCalled(
        _ rounds: Int = 300,
        _ configure: (inout KafkaConfiguration) -> Void = { _ in },
        _ body: (KafkaProducer, KafkaRecord) async throws -> Void,
        afterwards: () async throws -> Void = {}
    ) async throws {
        let topic = try await TestCluster.topic("held")
        var configuration = try TestCluster.shared().configuration
        configure(&configuration)
        let producer = try KafkaProducer(configuration)
        let record = KafkaRecord(topic: topic, value: [1])
        try await producer.send(record)
        for _ in 0..<rounds where !Task.isCancelled {
            let executor = HeldExecutor()
            let sender = Task(executorPreference: executor) {
                defer { executor.end() }
                return try await producer.send(record)
            }
            executor.run(await executor.next())
            // `nil` where the report came before it waited.
            let called = await executor.next()
            try await body(producer, record)
            executor.run(called)
            while called != nil, let job = await executor.next() { executor.run(job) }
            try await afterwards()
            // When time is up no more jobs are handed out, and the sender would wait for them.
            try Task.checkCancellation()
            #expect(try await sender.value.topic == topic)
        }
        await producer.shutdown()
    }

    @Test("holds up nobody who sends after it was called and before it comes")
    func others() async throws {
        try await whileCalled { producer, record in
            _ = try await producer.enqueue(record).delivery
            try await producer.send(record)
            #expect(await producer.send(contentsOf: [record, record]).failures.isEmpty)
        }
    }

    @Test("doesn't hold up a flush")
    func flush() async throws {
        try await whileCalled { producer, _ in try await producer.flush() }
    }

    @Test("is left to the producer's thread where somebody waits for room, and holds up nobody")
    func room() async throws {
        let topic = try await TestCluster.topic("held")
        var configuration = try TestCluster.shared().configuration
        configuration.properties["queue.buffering.max.messages"] = "1"
        configuration.linger = .milliseconds(5)
        let producer = try KafkaProducer(configuration)
        let record = KafkaRecord(topic: topic, value: [1])
        for _ in 0..<200 where !Task.isCancelled {
            // There is room when the last report has been seen to, not as soon as it is told.
            try await producer.flush()
            let executor = HeldExecutor()
            let sender = Task(executorPreference: executor) {
                defer { executor.end() }
                return try await producer.send(record)
            }
            executor.run(await executor.next())
            _ = try await producer.enqueue(record).delivery
            while let job = await executor.next() { executor.run(job) }
            try Task.checkCancellation()
            #expect(try await sender.value.topic == topic)
        }
        await producer.shutdown()
    }

    @Test("leaves to the producer's thread what it comes upon beside its report")
    func rest() async throws {
        let statistics = Inbox<Void>()
        let isAwaited = Atomic(false)
        var lingering = try TestCluster.shared().configuration
        lingering.linger = .milliseconds(25)
        let other = try KafkaProducer(lingering)
        try await whileCalled(400) {
            $0.statisticsInterval = .milliseconds(10)
            $0.statisticsHandler = KafkaStatisticsHandler { _ in
                if isAwaited.exchange(false, ordering: .relaxed) { statistics.put(()) }
            }
        } _: { _, record in
            // Lingers for longer than statistics take to come.
            try await other.send(record)
        } afterwards: {
            isAwaited.store(true, ordering: .relaxed)
            _ = await statistics.next()
        }
        await other.shutdown()
    }

    @Test("may be run within its call")
    func immediate() async throws {
        let topic = try await TestCluster.topic("immediate")
        let producer = try KafkaProducer(TestCluster.shared().configuration)
        let offsets = Inbox<[Int64]>()
        Task(executorPreference: ImmediateExecutor()) {
            var sent: [Int64] = []
            for _ in 0..<50 { sent.append(try await producer.send(KafkaRecord(topic: topic, value: [1])).offset) }
            offsets.put(sent)
        }
        // `nil` when time is up: the producer's thread is stuck then, and can't be waited for.
        let sent = try #require(await offsets.next())
        #expect(sent == Array(0..<50))
        await producer.shutdown()
    }

    @Test("has its answer when the producer is shut down meanwhile, over and over")
    func shutdown() async throws {
        let topic = try await TestCluster.topic("shut")
        for count in 0..<40 {
            let producer = try KafkaProducer(TestCluster.shared().configuration)
            let sent = Inbox<Int64>()
            let sender = Task {
                while true { sent.put(try await producer.send(KafkaRecord(topic: topic, value: [1])).offset) }
            }
            _ = await sent.take(1 + count % 5)
            await producer.shutdown()
            let error = await #expect(throws: KafkaError.self) { try await sender.value }
            #expect(error?.code == .closed)
        }
    }
}
