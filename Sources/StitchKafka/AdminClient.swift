// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// Owns librdkafka's client for administration and the queue of its answers.
///
/// Used by one thread; its calls block.
final class AdminClient {
    /// What became of a request.
    struct Answer {
        var code: rd_kafka_resp_err_t
        var text: String?

        func error(_ attempt: String) -> KafkaError? {
            code.isNone ? nil : KafkaError(native: code, attempt, detail: text)
        }
    }

    // Both are destroyed in `destroy`, and nowhere else.
    private let client: OpaquePointer
    private let answers: OpaquePointer

    init(_ configuration: KafkaConfiguration) throws(KafkaError) {
        let native = try NativeConfiguration(ClientProperties(configuration, for: .administration))
        client = try native.makeClient(RD_KAFKA_PRODUCER)
        answers = rd_kafka_queue_new(client)
    }

    func createTopic(_ topic: String, partitions: Int, replicationFactor: Int, _ timeout: Int32) -> Answer {
        let (new, text) = withErrorText {
            rd_kafka_NewTopic_new(topic, Int32(clamping: partitions), Int32(clamping: replicationFactor), $0, $1)
        }
        guard let new else { return Answer(code: RD_KAFKA_RESP_ERR__INVALID_ARG, text: text) }
        // Ours; the request copies it.
        defer { rd_kafka_NewTopic_destroy(new) }
        return request(RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout) { options in
            var topics: [OpaquePointer?] = [new]
            rd_kafka_CreateTopics(client, &topics, 1, options, answers)
        } results: { event, count in
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), count)
        }
    }

    func deleteTopics(_ topics: [String], _ timeout: Int32) -> Answer {
        var old: [OpaquePointer?] = topics.map { rd_kafka_DeleteTopic_new($0) }
        // Ours; the request copies them.
        defer { for topic in old { rd_kafka_DeleteTopic_destroy(topic) } }
        return request(RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout) { options in
            rd_kafka_DeleteTopics(client, &old, old.count, options, answers)
        } results: { event, count in
            rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), count)
        }
    }

    /// The end: nothing may be called afterwards.
    ///
    /// Blocks until librdkafka's threads have ended.
    func destroy() {
        rd_kafka_queue_destroy(answers)
        destroyClient(client)
    }

    /// Sends a request and waits for its answer, which is the first failure among the topics' answers.
    private func request(
        _ operation: rd_kafka_admin_op_t,
        _ timeout: Int32,
        _ send: (OpaquePointer?) -> Void,
        results: (OpaquePointer, UnsafeMutablePointer<Int>) -> UnsafeMutablePointer<OpaquePointer?>?
    ) -> Answer {
        // Ours; the request copies them.
        let options = rd_kafka_AdminOptions_new(client, operation)
        defer { rd_kafka_AdminOptions_destroy(options) }
        let (result, text) = withErrorText { rd_kafka_AdminOptions_set_request_timeout(options, timeout, $0, $1) }
        guard result.isNone else { return Answer(code: result, text: text) }
        send(options)
        // Ours, until destroyed. librdkafka answers at its time-out; the second more is for the hand-over.
        guard let event = rd_kafka_queue_poll(answers, timeout + 1000) else {
            return Answer(code: RD_KAFKA_RESP_ERR__TIMED_OUT, text: nil)
        }
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        guard code.isNone else {
            return Answer(code: code, text: rd_kafka_event_error_string(event).map { String(cString: $0) })
        }
        var count = 0
        // The results belong to the event.
        let topics = UnsafeMutableBufferPointer(start: results(event, &count), count: count)
        for topic in topics {
            let code = rd_kafka_topic_result_error(topic)
            guard !code.isNone else { continue }
            let text = rd_kafka_topic_result_error_string(topic).map { String(cString: $0) }
            return Answer(code: code, text: text)
        }
        return Answer(code: RD_KAFKA_RESP_ERR_NO_ERROR, text: nil)
    }
}
