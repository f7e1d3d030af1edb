// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Dispatch
import StitchService
import Synchronization

/// Serves a producer's delivery reports on a thread of its own, which also destroys the client in the end.
///
/// A sender that is alone gets its report by itself (decision 0023).
package final class DeliveryLoop: Sendable {
    struct State {
        var admission = SendAdmission()
        var waiters: [UInt64: OneTime<Passage>] = [:]
        var transaction = TransactionPhase()
        var fatal: KafkaError?
        var lastProgress: ContinuousClock.Instant?
        var trouble = ClientTrouble()
    }

    /// What comes of a sender's coming.
    enum Passage: Sendable {
        case entered(SendEntry)
        case waits(UInt64, OneTime<Passage>)
        /// It gave up waiting.
        case withdrawn
        case refused
        case impossible
    }

    let client: ProducerClient
    let gate = SendGate()
    let pool = SendPool()
    let lone = LoneSender()
    /// The number of the epoch in which senders enter now.
    let epoch = Mutex(0)
    let state = Mutex(State())
    let losses: UndeliveredRecords
    let isTransactional: Bool
    let transactionTimeout: Duration
    /// Where flushing blocks: librdkafka waits there for what the thread does.
    let flushing = DispatchQueue(label: "stitch.kafka.flush", attributes: .concurrent)

    /// Signalled when what was handed over before a flush may be answered, or the flush may be over for another reason.
    let progress = ThreadGate()

    /// Signalled when a transaction ends, and when the producer is closed.
    let transactionEnded = DispatchSemaphore(value: 0)

    /// For tasks that are to go on where their reports come in.
    package let executor: any TaskExecutor
    let jobs = DeliveryExecutor()

    /// Held while somebody sees to events, so that each comes after the one before; with the one, if any, that a sender has come
    /// upon and that is the thread's.
    let serving = Mutex<ProducerEvent?>(nil)

    /// Where the thread waits.
    let bell = ThreadBell()

    /// Set when the client is destroyed, with what made it unusable.
    let ended = OneTime<KafkaError?>()

    init(
        _ configuration: KafkaConfiguration,
        name: String,
        _ attach: @escaping @Sendable (String) -> (any AnyObject & Sendable)?
    ) throws(KafkaError) {
        client = try ProducerClient(configuration, attach)
        losses = UndeliveredRecords(of: name)
        isTransactional = configuration.transactionalID != nil
        transactionTimeout = configuration.transactionTimeout ?? .seconds(60)
        executor = jobs
        ClientThread.start("kafka-producer") { [self] in serve() }
    }

    var health: ServiceHealth {
        let (progress, trouble) = state.withLock { ($0.lastProgress, $0.trouble) }
        return ServiceHealth(
            lastProgress: progress,
            lag: gate.traffic.outstanding,
            blocker: trouble.blocker() ?? losses.summary
        )
    }

    /// - Parameters:
    ///   - what: What was not done, as the beginning of a sentence.
    ///   - fatal: What closed the producer, unless somebody wanted it closed.
    /// - Returns: The error to throw.
    static func closed(_ what: String, _ fatal: KafkaError?) -> KafkaError {
        let reason = fatal == nil ? "the producer is shut down" : "the producer has become unusable"
        return KafkaError(.closed, "\(what): \(reason); use one that runs", cause: fatal)
    }

    /// The producer can't go on.
    func fail(_ error: KafkaError) {
        let isFirst = state.withLock { state in
            defer { state.fatal = state.fatal ?? error }
            return state.fatal == nil
        }
        if isFirst { Diagnostics.log(.error, error.message) }
        close()
    }

    // MARK: The thread

    private func serve() {
        var room: [UnownedJob] = []
        jobs.begin { [bell] in bell.ring() }
        client.tellOfEvents(self)
        while true {
            let step = state.withLock { $0.admission.step(gate.traffic) }
            if step == .finish { break }
            // Again in each turn: a record that was being handed over may come after the first.
            if step == .purge { client.purge() }
            let mayWait = jobs.run(in: &room)
            if !serveNext(), mayWait { bell.wait(milliseconds: step == .purge ? 100 : 1000) }
            jobs.stopWaiting()
        }
        jobs.end()
        serving.withLock { $0 = nil }
        client.destroy()
        ended.set(state.withLock { $0.fatal } ?? losses.take())
    }

    /// Sees to the next event.
    ///
    /// - Returns: Whether there was one.
    private func serveNext() -> Bool {
        serving.withLock { held in
            guard let event = held.take() ?? client.nextEvent() else { return false }
            see(to: event)
            return true
        }
    }

    /// Sees to an event, on whatever thread; to be called within `serving`.
    func see(to event: consuming ProducerEvent) {
        let reports = client.serve(event, self, onError: note)
        // The records' room in the queue is free then, and not before.
        event.destroy()
        guard reports.count > 0 else { return }
        state.withLock { state in
            state.lastProgress = .now
            state.trouble.isOver()
        }
        if gate.report(reports) { wakeSenders(room: reports.count) }
        if gate.isSettled { progress.signal() }
    }

    private func note(_ code: rd_kafka_resp_err_t, _ text: String) {
        if code == RD_KAFKA_RESP_ERR__FATAL { return fail(client.fatalError()) }
        let error = KafkaError(
            native: code,
            "The producer has trouble",
            detail: text,
            behind: BrokerTrouble.behind(code, of: client.client)
        )
        Diagnostics.log(.warning, error.message)
        state.withLock { $0.trouble.met(error) }
    }
}
