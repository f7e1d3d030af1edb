// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// Owns librdkafka's consumer.
///
/// Knows no policy: see `ConsumerLoop`, whose thread makes all calls but `store` and `wake`.
final class ConsumerClient: Sendable {
    /// What happens to a consumer; told on the thread that polls or closes.
    enum Event {
        /// Partitions are about to be assigned: their queues have to be opened now.
        case assigned([TopicPartition])
        /// Partitions are about to be given away; what is stored until the call returns is committed, unless they are
        /// lost: then somebody else has them already.
        case revoked([TopicPartition], isLost: Bool)
        /// Something went wrong.
        case error(rd_kafka_resp_err_t, String)
        /// Offsets could not be committed.
        case commitFailed(rd_kafka_resp_err_t)
    }

    /// What librdkafka's callbacks get.
    ///
    /// Used only by the thread that polls, within its calls.
    private final class CallbackTarget {
        var handler: ((Event) -> Void)?
    }

    // librdkafka's objects may be used by any thread. Both are destroyed in `destroy`, and nowhere else.
    nonisolated(unsafe) private let client: OpaquePointer
    nonisolated(unsafe) private let queue: OpaquePointer
    // Touched by one thread only; lives as long as the client, whose opaque it is.
    nonisolated(unsafe) private let target: CallbackTarget

    /// How long brokers may take to answer a commit, and to let the consumer leave.
    private static let answerMilliseconds: Int32 = 5000

    init(_ configuration: KafkaConfiguration, group: String) throws(KafkaError) {
        let native = try NativeConfiguration(ClientProperties(configuration, for: .consumer(group: group)))
        let target = CallbackTarget()
        native.adjust { native in
            // Not counted: `destroy` ends all callbacks before the target goes.
            rd_kafka_conf_set_opaque(native, Unmanaged.passUnretained(target).toOpaque())
            rd_kafka_conf_set_rebalance_cb(native) { client, code, partitions, opaque in
                guard let client else { return }
                ConsumerClient.rebalance(client, code, partitions) { ConsumerClient.tell(opaque, $0) }
            }
            rd_kafka_conf_set_offset_commit_cb(native) { _, code, _, opaque in
                guard !code.isNone, code != RD_KAFKA_RESP_ERR__NO_OFFSET else { return }
                ConsumerClient.tell(opaque, .commitFailed(code))
            }
            rd_kafka_conf_set_error_cb(native) { _, code, text, opaque in
                let code = rd_kafka_resp_err_t(rawValue: code)
                ConsumerClient.tell(opaque, .error(code, text.map { String(cString: $0) } ?? ""))
            }
        }
        self.target = target
        client = try native.makeClient(RD_KAFKA_CONSUMER)
        rd_kafka_poll_set_consumer(client)
        // A reference of ours.
        queue = rd_kafka_queue_get_consumer(client)
    }

    /// Joins the group.
    func subscribe(to topics: [String]) -> rd_kafka_resp_err_t {
        let list = rd_kafka_topic_partition_list_new(Int32(topics.count))
        // Ours; the client copies it.
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for topic in topics { rd_kafka_topic_partition_list_add(list, topic, -1) }
        return rd_kafka_subscribe(client, list)
    }

    /// Waits for something to happen, and tells it.
    ///
    /// That it is called keeps the consumer in the group. Blocks.
    func poll(timeoutMilliseconds: Int32, _ handler: (Event) -> Void) {
        calling(handler) {
            // Ours, until destroyed. Records come by the queues of the partitions; here come only errors.
            guard let message = rd_kafka_consumer_poll(client, timeoutMilliseconds) else { return }
            defer { rd_kafka_message_destroy(message) }
            let code = message.pointee.err
            let text = rd_kafka_message_errstr(message).map { String(cString: $0) } ?? ""
            // A record that came here would be lost without a word: rather an error that stops.
            handler(.error(code.isNone ? RD_KAFKA_RESP_ERR__FATAL : code, code.isNone ? "a record came astray" : text))
        }
    }

    /// Makes `poll` return, now or the next time.
    func wake() { rd_kafka_queue_yield(queue) }

    /// Opens the queue of a partition that is about to be assigned.
    func openQueue(_ partition: TopicPartition, wake: Wake) -> PartitionQueue? {
        PartitionQueue(client: client, partition, wake: wake)
    }

    /// Notes that the group is to go on at `offset`.
    ///
    /// Never waits; committed later.
    func store(_ offset: Int64, of partition: TopicPartition) -> rd_kafka_resp_err_t {
        // A fresh list each time: an element remembers the partition that it was used for.
        let list = rd_kafka_topic_partition_list_new(1)
        // Ours; the client can't be destroyed while it lives.
        defer { rd_kafka_topic_partition_list_destroy(list) }
        // Belongs to the list.
        guard let element = rd_kafka_topic_partition_list_add(list, partition.topic, partition.partition) else {
            return RD_KAFKA_RESP_ERR__FAIL
        }
        element.pointee.offset = offset
        let result = rd_kafka_offsets_store(client, list)
        return result.isNone ? element.pointee.err : result
    }

    /// Leaves the group; revocations are told meanwhile.
    ///
    /// Blocks, though not for good.
    ///
    /// - Returns: Whether it has left. If not, the group takes it for dead when the session times out.
    func close(_ handler: (Event) -> Void) -> Bool {
        calling(handler) {
            // Other than `rd_kafka_consumer_close` it leaves the waiting to us.
            guard Self.take(rd_kafka_consumer_close_queue(client, queue)).isNone else { return }
            let deadline = ContinuousClock.now + .milliseconds(Self.answerMilliseconds)
            while rd_kafka_consumer_closed(client) == 0, ContinuousClock.now < deadline {
                // Ours. Serves the callbacks, which `rd_kafka_queue_poll` does not; what else comes concerns nobody.
                if let message = rd_kafka_consume_queue(queue, 100) { rd_kafka_message_destroy(message) }
            }
        }
        return rd_kafka_consumer_closed(client) != 0
    }

    /// The end: nothing may be called afterwards, and no queue of a partition may be open.
    ///
    /// Blocks, though not for good: a client that has not left in time goes when librdkafka gives up, which takes as long
    /// as the session timeout and more, on a thread of its own.
    func destroy() {
        rd_kafka_queue_destroy(queue)
        if rd_kafka_consumer_closed(client) != 0 { return destroyClient(client) }
        ClientThread.start("kafka-abandoned") { [self] in destroyClient(client) }
    }

    private func calling(_ handler: (Event) -> Void, _ body: () -> Void) {
        withoutActuallyEscaping(handler) { handler in
            target.handler = handler
            body()
            target.handler = nil
        }
    }

    private static func tell(_ opaque: UnsafeMutableRawPointer?, _ event: Event) {
        guard let opaque else { return }
        Unmanaged<CallbackTarget>.fromOpaque(opaque).takeUnretainedValue().handler?(event)
    }

    /// The list belongs to librdkafka.
    private static func rebalance(
        _ client: OpaquePointer,
        _ code: rd_kafka_resp_err_t,
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
        _ tell: (Event) -> Void
    ) {
        // Static text.
        let isCooperative = rd_kafka_rebalance_protocol(client).map { String(cString: $0) } == "COOPERATIVE"
        let partitions = (0..<Int(list?.pointee.cnt ?? 0)).compactMap { index -> TopicPartition? in
            guard let element = list?.pointee.elems[index], let topic = element.topic else { return nil }
            return TopicPartition(topic: String(cString: topic), partition: element.partition)
        }
        var result = RD_KAFKA_RESP_ERR_NO_ERROR
        switch code {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
            tell(.assigned(partitions))
            result =
                isCooperative
                ? take(rd_kafka_incremental_assign(client, list)) : rd_kafka_assign(client, list)
        case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
            let isLost = rd_kafka_assignment_lost(client) != 0
            tell(.revoked(partitions, isLost: isLost))
            if !isLost {
                let committed = commit(client)
                if !committed.isNone, committed != RD_KAFKA_RESP_ERR__NO_OFFSET { tell(.commitFailed(committed)) }
            }
            result =
                isCooperative
                ? take(rd_kafka_incremental_unassign(client, list)) : rd_kafka_assign(client, nil)
        default:
            tell(.error(code, "rebalancing failed"))
            result = rd_kafka_assign(client, nil)
        }
        if !result.isNone { tell(.error(result, "the partitions could not be assigned")) }
    }

    /// Commits what is stored and waits for the answer, but not for good: without a coordinator librdkafka waits for the
    /// session timeout, and 2.0.2 was seen never to answer.
    private static func commit(_ client: OpaquePointer) -> rd_kafka_resp_err_t {
        // Ours. An answer that comes after it was destroyed is dropped.
        guard let answers = rd_kafka_queue_new(client) else { return RD_KAFKA_RESP_ERR__FAIL }
        defer { rd_kafka_queue_destroy(answers) }
        let sent = rd_kafka_commit_queue(client, nil, answers, nil, nil)
        guard sent.isNone else { return sent }
        // Ours, until destroyed.
        guard let answer = rd_kafka_queue_poll(answers, answerMilliseconds) else { return RD_KAFKA_RESP_ERR__TIMED_OUT }
        defer { rd_kafka_event_destroy(answer) }
        return rd_kafka_event_error(answer)
    }

    /// The code of an error object that is ours, which is destroyed.
    private static func take(_ error: OpaquePointer?) -> rd_kafka_resp_err_t {
        guard let error else { return RD_KAFKA_RESP_ERR_NO_ERROR }
        defer { rd_kafka_error_destroy(error) }
        return rd_kafka_error_code(error)
    }
}
