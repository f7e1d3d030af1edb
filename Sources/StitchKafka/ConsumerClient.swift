// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import StitchService

/// librdkafka's consumer: membership in the group, assignment, commits.
///
/// Knows no policy: see `ConsumerLoop`, whose thread makes all calls that say nothing else.
final class ConsumerClient: Sendable {
    /// What happens to a consumer; told on the thread that polls or closes.
    enum Event {
        /// Partitions are about to be assigned: their queues have to be opened now.
        case assigned([KafkaTopicPartition])
        /// Partitions are given away when the call returns, unless they are lost: then somebody else has them already.
        case revoked([KafkaTopicPartition], isLost: Bool)
        /// What was refused is answered.
        case answered
        /// Something went wrong.
        case error(rd_kafka_resp_err_t, String)
    }

    /// What librdkafka's callbacks get.
    ///
    /// `@unchecked Sendable`: used only by the thread that polls, within its calls.
    private final class CallbackTarget: @unchecked Sendable {
        var handler: ((Event) -> Void)?
        /// Puts into a list where the group goes on.
        var fillIn: ((PartitionList.List?) -> Void)?
        var hasBeenAssigned = false
        let rejoin = RejoinWatch()
    }

    let handle: ClientHandle
    private let target: CallbackTarget
    /// Where to begin where the group has committed nothing.
    private let reset: Int64?

    /// When a queue of records counts as full; `nil` where librdkafka notices by itself that it no longer is.
    let queueLimits: FetchKicker.Limits?

    /// How long handlers may go on when their partitions go to another member of the group.
    let revocationLimit: Duration

    /// How long brokers may take to answer a commit, and to let the consumer leave.
    static let answerMilliseconds: Int32 = 5000

    /// - Parameters:
    ///   - configuration: Where Kafka is and how to behave.
    ///   - group: The group, or what stands for it where there is none.
    /// - Throws: `KafkaError` that names the option, its value and what would be right.
    init(_ configuration: KafkaConfiguration, group: String) throws(KafkaError) {
        let properties = try ClientProperties(configuration, for: .consumer(group: group))
        revocationLimit = properties.revocationLimit
        reset = Self.start(without: configuration.autoOffsetReset)
        let native = try NativeConfiguration(properties)
        let target = CallbackTarget()
        var refused: KafkaError?
        var limits: FetchKicker.Limits?
        native.adjust { native in
            // Not counted: `ClientHandle` keeps the target until all callbacks have ended.
            rd_kafka_conf_set_opaque(native, Unmanaged.passUnretained(target).toOpaque())
            target.rejoin.install(in: native)
            rd_kafka_conf_set_rebalance_cb(native) { client, code, partitions, opaque in
                guard let client, let opaque else { return }
                let target = Unmanaged<CallbackTarget>.fromOpaque(opaque).takeUnretainedValue()
                ConsumerClient.rebalance(client, code, partitions, target)
            }
            rd_kafka_conf_set_error_cb(native) { _, code, text, opaque in
                guard let opaque else { return }
                let target = Unmanaged<CallbackTarget>.fromOpaque(opaque).takeUnretainedValue()
                let code = rd_kafka_resp_err_t(rawValue: code)
                target.handler?(.error(code, text.map { String(cString: $0) } ?? ""))
            }
            for (name, value) in KafkaConsumerOptions.clientProperties(beside: configuration) {
                let (result, text) = withErrorText { rd_kafka_conf_set(native, name, value, $0, $1) }
                guard result != RD_KAFKA_CONF_OK else { continue }
                refused = KafkaError(
                    .configuration,
                    "The property '\(name)' = '\(value)' is refused by librdkafka: \(text)"
                )
            }
            limits = ConsumerClient.limits(native, configuration)
        }
        if let refused { throw refused }
        queueLimits = limits
        self.target = target
        handle = ClientHandle(try native.makeClient(RD_KAFKA_CONSUMER), keeping: target)
        rd_kafka_poll_set_consumer(handle.client)
    }

    /// Knows when the consumer joins its group anew, and a commit had better wait.
    var rejoin: RejoinWatch { target.rejoin }

    /// Joins the group.
    func subscribe(to topics: [String]) -> rd_kafka_resp_err_t {
        PartitionList.with(topics.map { (KafkaTopicPartition(topic: $0, partition: -1), 0) }) {
            // The client copies it.
            rd_kafka_subscribe(handle.client, $0)
        }
    }

    /// Reads these partitions, in no group.
    ///
    /// Blocks until it is known where those begin that go on where the group has committed, unless that isn't wanted.
    func assign(
        _ partitions: [(KafkaTopicPartition, Int64)],
        while isWanted: () -> Bool = { true },
        _ handler: (Event) -> Void = { _ in }
    ) -> rd_kafka_resp_err_t {
        let others = partitions.filter { !StartOffset(native: $0.1).isCommitted }
        return PartitionList.with(partitions.filter { StartOffset(native: $0.1).isCommitted }) { list in
            if others.count < partitions.count {
                fillIn(list, orElse: reset, while: isWanted, told: handler)
            }
            PartitionList.add(others, to: list)
            // The client copies it.
            return rd_kafka_assign(handle.client, list)
        }
    }

    /// Waits for something to happen, and tells it.
    ///
    /// That it is called keeps the consumer in the group. Blocks.
    ///
    /// - Parameters:
    ///   - timeoutMilliseconds: For how long at most, if nothing happens.
    ///   - isWanted: Whether partitions that are assigned will be read.
    ///   - handler: Is told what happens.
    func poll(timeoutMilliseconds: Int32, while isWanted: () -> Bool = { true }, _ handler: (Event) -> Void) {
        calling(handler, isWanted) {
            // Ours, until destroyed. Records come by the queues of the partitions; here come only errors.
            guard let message = rd_kafka_consumer_poll(handle.client, timeoutMilliseconds) else { return }
            defer { rd_kafka_message_destroy(message) }
            let code = message.pointee.err
            let text = rd_kafka_message_errstr(message).map { String(cString: $0) } ?? ""
            // A record that came here would be lost without a word: rather an error that stops.
            handler(.error(code.isNone ? RD_KAFKA_RESP_ERR__FATAL : code, code.isNone ? "a record came astray" : text))
        }
    }

    /// What made the consumer unusable, after `_FATAL`; `nil` where librdkafka knows of nothing.
    func fatalError() -> (code: rd_kafka_resp_err_t, text: String)? {
        let (code, text) = withErrorText { rd_kafka_fatal_error(handle.client, $0, $1) }
        return code.isNone ? nil : (code, text)
    }

    /// Makes `poll` return, now or the next time.
    ///
    /// May be called from anywhere by who knows that the client is there.
    func wake() { rd_kafka_queue_yield(handle.queue) }

    /// Counts as polling, so that the consumer stays in the group while a rebalance waits for a handler.
    func touch() {
        var nothing: UnsafeMutablePointer<rd_kafka_message_t>?
        // Takes nothing, since there is room for nothing.
        _ = rd_kafka_consume_batch_queue(handle.queue, 0, &nothing, 0)
    }

    /// Tells the group where to go on, and waits for the answer, but not for good: without a coordinator librdkafka waits
    /// for the session timeout, and 2.0.2 was seen never to answer.
    ///
    /// May be called by any thread that holds the client.
    func commit(_ offsets: [(KafkaTopicPartition, Int64)]) -> rd_kafka_resp_err_t {
        guard let answers = rd_kafka_queue_new(handle.client) else { return RD_KAFKA_RESP_ERR__FAIL }
        defer { rd_kafka_queue_destroy(answers) }
        rejoin.commitBegins()
        // The client copies the list.
        let sent = PartitionList.with(offsets) { rd_kafka_commit_queue(handle.client, $0, answers, nil, nil) }
        guard sent.isNone else { return sent }
        // Ours, until destroyed.
        guard let answer = rd_kafka_queue_poll(answers, Self.answerMilliseconds) else {
            return RD_KAFKA_RESP_ERR__TIMED_OUT
        }
        defer { rd_kafka_event_destroy(answer) }
        return rd_kafka_event_error(answer)
    }

    /// Asks the broker of a partition something, and doesn't wait for the answer.
    ///
    /// May be called by any thread that holds the client. Blocks, a few milliseconds.
    func askBroker(of partition: KafkaTopicPartition) {
        var first: Int64 = 0
        var end: Int64 = 0
        _ = rd_kafka_query_watermark_offsets(handle.client, partition.topic, partition.partition, &first, &end, 1)
    }

    /// Leaves the group; revocations are told meanwhile.
    ///
    /// Blocks, though not for good.
    ///
    /// - Returns: Whether it has left. If not, the group takes it for dead when the session times out.
    func close(_ handler: (Event) -> Void) -> Bool {
        calling(handler) { waitUntilItMayLeave() }
        return leave(handler)
    }

    /// Leaves the group as things are; see `close`.
    ///
    /// - Parameters:
    ///   - patience: How long the brokers may take, from the last revocation on: what is done in that is no matter of theirs.
    ///   - handler: Is told what happens meanwhile.
    /// - Returns: Whether it has left.
    func leave(
        within patience: Duration = .milliseconds(ConsumerClient.answerMilliseconds),
        _ handler: (Event) -> Void
    ) -> Bool {
        var deadline = ContinuousClock.now + patience
        func tell(_ event: Event) {
            handler(event)
            if case .revoked = event { deadline = .now + patience }
        }
        calling(tell) {
            if mayEndProcess {
                // It may have joined at the last moment. From here on it doesn't join any more.
                rd_kafka_unsubscribe(handle.client)
                if endsProcess { stay() }
            }
            // Other than `rd_kafka_consumer_close` it leaves the waiting to us.
            guard Self.take(rd_kafka_consumer_close_queue(handle.client, handle.queue)).isNone else { return }
            while rd_kafka_consumer_closed(handle.client) == 0, ContinuousClock.now < deadline {
                // Ours. Serves the callbacks, which `rd_kafka_queue_poll` does not; what else comes concerns nobody.
                if let message = rd_kafka_consume_queue(handle.queue, 100) { rd_kafka_message_destroy(message) }
            }
        }
        return rd_kafka_consumer_closed(handle.client) != 0
    }

    /// Waits for the first assignment, but not for good, where librdkafka would end the process without.
    ///
    /// Before 2.3 it does when a member of a cooperative group is destroyed that has joined and has no assignment yet (its
    /// issue 4312). That comes within moments, unless other members take their time.
    private func waitUntilItMayLeave() {
        let deadline = ContinuousClock.now + .milliseconds(Self.answerMilliseconds)
        while endsProcess, ContinuousClock.now < deadline {
            // Ours, as below.
            if let message = rd_kafka_consume_queue(handle.queue, 100) { rd_kafka_message_destroy(message) }
        }
    }

    /// Keeps the client for good, and says so.
    private func stay() {
        handle.stay()
        Diagnostics.log(
            .warning,
            "A consumer left its group before it was assigned anything; its memory and threads stay until the process ends, "
                + "because librdkafka \(NativeVersion.current) would end the process: use 2.3 or newer, or another strategy "
                + "than cooperative-sticky"
        )
    }

    /// Whether librdkafka would end the process if its consumer were destroyed as things are.
    private var endsProcess: Bool { mayEndProcess && Self.isCooperative(handle.client) }

    /// Whether it would if the consumer had joined a group that rebalances cooperatively.
    private var mayEndProcess: Bool { NativeVersion.current < .leavingUnassigned && !target.hasBeenAssigned }

    /// Whether the client is in a group that rebalances cooperatively.
    private static func isCooperative(_ client: OpaquePointer) -> Bool {
        // Static text.
        rd_kafka_rebalance_protocol(client).map { String(cString: $0) } == "COOPERATIVE"
    }

    private func calling(_ handler: (Event) -> Void, _ isWanted: () -> Bool = { false }, _ body: () -> Void) {
        withoutActuallyEscaping(handler) { handler in
            withoutActuallyEscaping(isWanted) { isWanted in
                target.handler = handler
                target.fillIn = { [self] list in
                    fillIn(list, orElse: reset, while: isWanted, told: handler)
                }
                body()
                target.handler = nil
                target.fillIn = nil
            }
        }
    }

    /// The list belongs to librdkafka.
    private static func rebalance(
        _ client: OpaquePointer,
        _ code: rd_kafka_resp_err_t,
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
        _ target: CallbackTarget
    ) {
        func tell(_ event: Event) { target.handler?(event) }
        let isCooperative = isCooperative(client)
        let partitions = PartitionList.partitions(list)
        var result = RD_KAFKA_RESP_ERR_NO_ERROR
        switch code {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
            target.hasBeenAssigned = true
            tell(.assigned(partitions))
            target.fillIn?(list)
            result =
                isCooperative
                ? take(rd_kafka_incremental_assign(client, list)) : rd_kafka_assign(client, list)
        case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
            tell(.revoked(partitions, isLost: rd_kafka_assignment_lost(client) != 0))
            target.rejoin.gaveAway()
            result =
                isCooperative
                ? take(rd_kafka_incremental_unassign(client, list)) : rd_kafka_assign(client, nil)
        default:
            tell(.error(code, "rebalancing failed"))
            result = rd_kafka_assign(client, nil)
        }
        if !result.isNone { tell(.error(result, "the partitions could not be assigned")) }
    }

    /// Sets how long librdkafka leaves a queue alone that was full, where it can be set.
    private static func limits(_ native: OpaquePointer, _ configuration: KafkaConfiguration) -> FetchKicker.Limits? {
        let property = "fetch.queue.backoff.ms"
        if configuration.properties[property] != nil { return nil }
        // Unknown before 2.2.
        let (result, _) = withErrorText { rd_kafka_conf_set(native, property, "5", $0, $1) }
        if result == RD_KAFKA_CONF_OK { return nil }
        func number(_ name: String) -> Int? {
            var size = 32
            return withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
                buffer.initialize(repeating: 0)
                guard rd_kafka_conf_get(native, name, buffer.baseAddress, &size) == RD_KAFKA_CONF_OK else { return nil }
                return buffer.baseAddress.flatMap { Int(String(cString: $0)) }
            }
        }
        guard let count = number("queued.min.messages"), let size = number("queued.max.messages.kbytes") else {
            return nil
        }
        return FetchKicker.Limits(count: count, bytes: size.multipliedReportingOverflow(by: 1024).partialValue)
    }

    /// The code of an error object that is ours, which is destroyed.
    static func take(_ error: OpaquePointer?) -> rd_kafka_resp_err_t {
        guard let error else { return RD_KAFKA_RESP_ERR_NO_ERROR }
        defer { rd_kafka_error_destroy(error) }
        return rd_kafka_error_code(error)
    }
}
