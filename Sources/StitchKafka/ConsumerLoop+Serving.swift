// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Dispatch
import StitchService
import Synchronization

/// What the thread does, from joining the group to leaving it.
extension ConsumerLoop {
    func serve() {
        begin()
        let interval = min(Self.tick, commitInterval)
        var nextCommit = ContinuousClock.now + commitInterval
        while isRunning {
            client.poll(timeoutMilliseconds: Int32(clamping: interval.wholeMilliseconds), while: { isRunning }, handle)
            let now = ContinuousClock.now
            look(now)
            guard now >= nextCommit || state.withLock({ $0.commits.isPutOff }), client.rejoin.isSettled else {
                continue
            }
            nextCommit = now + commitInterval
            commitSoon()
        }
        let readers = state.withLock { $0.consumer.allReaders }
        finish(readers, by: .now + drain)
        settle()
        if case .partitions(let partitions) = intake { revoke(partitions.map(\.partition), isLost: false) }
        if !client.close(handle) {
            Diagnostics.log(
                .warning,
                "No broker let the consumer of \(intake.description) leave its group, so others get its partitions only "
                    + "when its session times out"
            )
        }
        // Those of a last assignment too, which may have come meanwhile: their queues know of them.
        let (last, failure) = state.withLock { state in
            defer { state.consumer.close() }
            return (state.consumer.allReaders, state.consumer.failure)
        }
        for reader in last { reader.close() }
        // Nothing that was committed is still on its way.
        commits.sync {}
        client.handle.letGoWaiting()
        ended.set(failure)
        changed.signal()
        feed.end()
    }

    private var isRunning: Bool { state.withLock { $0.consumer.isRunning } }

    private func begin() {
        guard prepare() else { return }
        let result: rd_kafka_resp_err_t
        switch intake {
        case .topics(let topics): result = client.subscribe(to: topics)
        case .partitions(let partitions):
            // Their queues first, so that no record comes astray.
            for (partition, start) in partitions { assign(partition, from: StartOffset(native: start)) }
            changed.signal()
            result = client.assign(partitions.map { ($0.partition, $0.start) }, while: { isRunning }, handle)
        }
        if !result.isNone { fail(KafkaError(native: result, "Subscribing to \(intake.description) failed")) }
    }

    /// Waits until what the policy needs is there; `false` when the consumer stops instead.
    private func prepare() -> Bool {
        guard let policy = handler.policy else { return true }
        while isRunning {
            do throws(KafkaError) {
                try policy.prepare()
                return true
            } catch {
                guard error.isRetryable else {
                    fail(error)
                    return false
                }
                // The broker may come.
                Diagnostics.log(.warning, error.message)
                state.withLock { $0.trouble.met(error) }
                let next = ContinuousClock.now + .seconds(1)
                gate.wait(until: { next }) { !isRunning }
            }
        }
        return false
    }

    /// Lets the group finish what it is at before the last commit, but not for good.
    private func settle() {
        let deadline = ContinuousClock.now + .milliseconds(ConsumerClient.answerMilliseconds)
        while !client.rejoin.isSettled, assigned.contains(where: \.hasUncommitted), ContinuousClock.now < deadline {
            client.poll(timeoutMilliseconds: 20, while: { false }, handle)
        }
    }

    private func handle(_ event: ConsumerClient.Event) {
        switch event {
        case .assigned(let partitions):
            state.withLock { state in
                state.commits.assigned()
                state.trouble.hasBroker()
            }
            for partition in partitions { assign(partition) }
            changed.signal()
        case .answered: state.withLock { $0.trouble.isOver() }
        case .revoked(let partitions, let isLost): revoke(partitions, isLost: isLost)
        case .error(let code, let text):
            let fatal = code == RD_KAFKA_RESP_ERR__FATAL ? client.fatalError() : nil
            let error = KafkaError(
                native: fatal?.code ?? code,
                "The consumer of \(intake.description) has trouble",
                detail: fatal?.text ?? text,
                behind: BrokerTrouble.behind(code, of: client.handle.client)
            )
            // Nobody needs the group that is there because librdkafka wants one.
            guard hasGroup || !ErrorName.isOfGroup(error.errorType) else { return }
            guard fatal == nil, !ErrorName.stopsConsumer(error.errorType) else { return fail(error) }
            met(error)
        }
    }

    /// Something goes wrong that may pass; told to who looks at diagnostics now and then, however often it is met.
    func met(_ trouble: KafkaError) {
        let left = state.withLock { state in
            state.trouble.met(trouble)
            return state.throttle.admit(trouble.message, now: .now)
        }
        guard let left else { return }
        Diagnostics.log(.warning, trouble.message, metadata: left > 0 ? ["left_out": String(left)] : [:])
    }
}
