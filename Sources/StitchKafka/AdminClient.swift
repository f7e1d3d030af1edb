// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// Owns librdkafka's client for administration and the queue of its answers.
///
/// Used by one thread; its calls block.
final class AdminClient {
    // Both are destroyed in `destroy`, and nowhere else.
    let client: OpaquePointer
    let answers: OpaquePointer
    private let deadline: ContinuousClock.Instant
    /// What went wrong meanwhile and explains a time-out.
    private var trouble: (code: rd_kafka_resp_err_t, text: String)?

    /// Makes a client for whatever is asked until the deadline.
    ///
    /// With a group it is a consumer of it, which doesn't join. That is for `committedOffsets(of:)`: up to librdkafka 2.10
    /// a client without a group dies of a coordinator's error there (librdkafka's issue 5040).
    init(
        _ configuration: KafkaConfiguration,
        group: String? = nil,
        until deadline: ContinuousClock.Instant
    ) throws(KafkaError) {
        var properties = try ClientProperties(configuration, for: .administration)
        try properties.set(name: "group.id", nonEmpty: group, "group")
        let native = try NativeConfiguration(properties)
        native.adjust { rd_kafka_conf_set_events($0, RD_KAFKA_EVENT_ERROR) }
        client = try native.makeClient(group == nil ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER)
        self.deadline = deadline
        answers = rd_kafka_queue_new(client)
        // So that errors come there too. The reference to the main queue is ours.
        let main = rd_kafka_queue_get_main(client)
        rd_kafka_queue_forward(main, answers)
        rd_kafka_queue_destroy(main)
    }

    /// What is left of the time, in milliseconds, at least one.
    var remaining: Int32 {
        Int32(clamping: max(1, ContinuousClock.now.duration(to: deadline).wholeMilliseconds))
    }

    /// Sends a request and reads its answer.
    ///
    /// `send` gets the request's options, which it doesn't keep, and the queue for the answer; `read` gets the answer, which
    /// lives as long as the call. `attempt` begins the sentence that says what was not done.
    func request<Value>(
        _ operation: rd_kafka_admin_op_t,
        _ attempt: String,
        send: (OpaquePointer?, OpaquePointer) -> Void,
        read: (OpaquePointer) throws(KafkaError) -> Value
    ) throws(KafkaError) -> Value {
        // Ours; the request copies them.
        let options = rd_kafka_AdminOptions_new(client, operation)
        defer { rd_kafka_AdminOptions_destroy(options) }
        let (result, text) = withErrorText { rd_kafka_AdminOptions_set_request_timeout(options, remaining, $0, $1) }
        guard result.isNone else { throw KafkaError(native: result, attempt, detail: text) }
        send(options, answers)
        // librdkafka answers at its time-out; the second more is for the hand-over.
        while let event = rd_kafka_queue_poll(answers, remaining + 1000) {
            // Ours, until destroyed.
            defer { rd_kafka_event_destroy(event) }
            let code = rd_kafka_event_error(event)
            let text = rd_kafka_event_error_string(event).map { String(cString: $0) }
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR {
                note(code, text ?? "")
                // Nobody comes and changes the password: there is nothing to wait for.
                if code == RD_KAFKA_RESP_ERR__AUTHENTICATION { throw failure(code, attempt, text) }
                continue
            }
            guard code.isNone else { throw failure(code, attempt, text) }
            return try read(event)
        }
        throw failure(RD_KAFKA_RESP_ERR__TIMED_OUT, attempt, nil)
    }

    /// What a call failed with; where that says no more than that nobody answered, why nobody did.
    func failure(_ code: rd_kafka_resp_err_t, _ attempt: String, _ text: String?) -> KafkaError {
        let isSilence = [
            RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
        ].contains(code)
        guard isSilence else { return KafkaError(native: code, attempt, detail: text) }
        // What wasn't looked at yet.
        while let event = rd_kafka_queue_poll(answers, 0) {
            defer { rd_kafka_event_destroy(event) }
            guard rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR else { continue }
            note(rd_kafka_event_error(event), rd_kafka_event_error_string(event).map { String(cString: $0) } ?? "")
        }
        if trouble == nil || trouble?.code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
            let text = ClientHooks.of(client)?.trouble?.text
        {
            return KafkaError(native: Self.code(RD_KAFKA_RESP_ERR__TRANSPORT, text), attempt, detail: text)
        }
        if let trouble {
            return KafkaError(native: Self.code(trouble.code, trouble.text), attempt, detail: trouble.text)
        }
        return KafkaError(native: code, attempt, detail: text)
    }

    /// What kind of trouble it is: a certificate that is not trusted comes with one code or the other.
    private static func code(_ code: rd_kafka_resp_err_t, _ text: String) -> rd_kafka_resp_err_t {
        code == RD_KAFKA_RESP_ERR__TRANSPORT && ErrorAdvice.isDistrust(text) ? RD_KAFKA_RESP_ERR__SSL : code
    }

    /// The end: nothing may be called afterwards.
    ///
    /// Blocks until librdkafka's threads have ended.
    func destroy() {
        rd_kafka_queue_destroy(answers)
        destroyClient(client)
    }

    /// That all brokers are down comes of what went wrong with each.
    private func note(_ code: rd_kafka_resp_err_t, _ text: String) {
        if code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, trouble != nil { return }
        trouble = (code, text)
    }
}
