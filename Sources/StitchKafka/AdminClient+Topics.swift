// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// Results of requests that concern topics, each with a failure of its own.
private typealias TopicResults = UnsafeMutablePointer<OpaquePointer?>

extension AdminClient {
    /// Makes topics; what became of those that failed.
    func createTopics(_ topics: [KafkaNewTopic], _ attempt: String) throws(KafkaError) -> [String: KafkaError] {
        var new: [OpaquePointer?] = []
        // Ours; the request copies them.
        defer { for topic in new { rd_kafka_NewTopic_destroy(topic) } }
        for topic in topics {
            let (made, text) = withErrorText {
                rd_kafka_NewTopic_new(
                    topic.name,
                    Int32(clamping: topic.partitions ?? -1),
                    Int32(clamping: topic.replicationFactor ?? -1),
                    $0,
                    $1
                )
            }
            guard let made else { throw KafkaError(native: RD_KAFKA_RESP_ERR__INVALID_ARG, attempt, detail: text) }
            new.append(made)
            for (name, value) in topic.configuration {
                // Copied.
                let result = rd_kafka_NewTopic_set_config(made, name, value)
                if !result.isNone { throw KafkaError(native: result, attempt, detail: "the setting '\(name)'") }
            }
        }
        let failures = try request(RD_KAFKA_ADMIN_OP_CREATETOPICS, attempt) { options, answers in
            rd_kafka_CreateTopics(client, &new, new.count, options, answers)
        } read: { event in
            var count = 0
            let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
            return Self.failures(results, count)
        }
        awaitTopics(Set(topics.map(\.name)).subtracting(failures.keys))
        return failures
    }

    /// Asks for topics that the controller has made until the broker that answers knows them too, at most until the deadline.
    ///
    /// They are made all the same if that takes longer.
    private func awaitTopics(_ made: Set<String>) {
        var missing = made
        while !missing.isEmpty, remaining > 1, let known = try? describeTopics("") {
            missing.subtract(known.lazy.filter { $0.error == nil && !$0.partitions.isEmpty }.map(\.name))
            guard !missing.isEmpty else { return }
            // Nothing but errors comes there: a pause of 10 ms that ends early with one.
            if let event = rd_kafka_queue_poll(answers, 10) { rd_kafka_event_destroy(event) }
        }
    }

    /// Deletes topics; what became of those that failed.
    func deleteTopics(_ topics: [String], _ attempt: String) throws(KafkaError) -> [String: KafkaError] {
        var old: [OpaquePointer?] = topics.map { rd_kafka_DeleteTopic_new($0) }
        // Ours; the request copies them.
        defer { for topic in old { rd_kafka_DeleteTopic_destroy(topic) } }
        return try request(RD_KAFKA_ADMIN_OP_DELETETOPICS, attempt) { options, answers in
            rd_kafka_DeleteTopics(client, &old, old.count, options, answers)
        } read: { event in
            var count = 0
            let results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
            return Self.failures(results, count)
        }
    }

    /// Raises the number of partitions; what became of topics that failed.
    func createPartitions(_ topic: String, _ count: Int, _ attempt: String) throws(KafkaError) -> [String: KafkaError] {
        let (made, text) = withErrorText { rd_kafka_NewPartitions_new(topic, max(0, count), $0, $1) }
        guard let made else { throw KafkaError(native: RD_KAFKA_RESP_ERR__INVALID_ARG, attempt, detail: text) }
        // Ours; the request copies it.
        defer { rd_kafka_NewPartitions_destroy(made) }
        return try request(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, attempt) { options, answers in
            var partitions: [OpaquePointer?] = [made]
            rd_kafka_CreatePartitions(client, &partitions, 1, options, answers)
        } read: { event in
            var count = 0
            let answer = rd_kafka_event_CreatePartitions_result(event)
            return Self.failures(rd_kafka_CreatePartitions_result_topics(answer, &count), count)
        }
    }

    /// All topics of the cluster.
    ///
    /// Asking for a single one would create it where brokers create topics by themselves.
    func describeTopics(_ attempt: String) throws(KafkaError) -> [KafkaTopicDescription] {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let result = rd_kafka_metadata(client, 1, nil, &metadata, remaining)
        guard result.isNone, let metadata else { throw failure(result, attempt, nil) }
        // Ours, with all that it points to.
        defer { rd_kafka_metadata_destroy(metadata) }
        let topics = UnsafeBufferPointer(start: metadata.pointee.topics, count: Int(metadata.pointee.topic_cnt))
        return topics.map { topic in
            let partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
            return KafkaTopicDescription(
                name: topic.topic.map { String(cString: $0) } ?? "",
                partitions: partitions.map { KafkaTopicDescription.Partition($0) }.sorted { $0.number < $1.number },
                error: topic.err.isNone ? nil : KafkaError(native: topic.err, "The topic can't be described")
            )
        }
    }

    /// What a topic is set to, by name.
    func describeConfiguration(of topic: String, _ attempt: String) throws(KafkaError) -> [String: KafkaTopicSetting] {
        try describeConfiguration(RD_KAFKA_RESOURCE_TOPIC, topic, attempt)
    }

    /// What a broker is set to, by name.
    func describeConfiguration(
        ofBroker broker: Int32,
        _ attempt: String
    ) throws(KafkaError) -> [String: KafkaTopicSetting] {
        try describeConfiguration(RD_KAFKA_RESOURCE_BROKER, String(broker), attempt)
    }

    private func describeConfiguration(
        _ kind: rd_kafka_ResourceType_t,
        _ name: String,
        _ attempt: String
    ) throws(KafkaError) -> [String: KafkaTopicSetting] {
        guard let resource = rd_kafka_ConfigResource_new(kind, name) else {
            throw KafkaError(native: RD_KAFKA_RESP_ERR__INVALID_ARG, attempt)
        }
        // Ours; the request copies it.
        defer { rd_kafka_ConfigResource_destroy(resource) }
        return try request(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, attempt) { options, answers in
            var resources: [OpaquePointer?] = [resource]
            rd_kafka_DescribeConfigs(client, &resources, 1, options, answers)
        } read: { event throws(KafkaError) in
            var count = 0
            // All belongs to the event.
            let answer = rd_kafka_event_DescribeConfigs_result(event)
            let resources = rd_kafka_DescribeConfigs_result_resources(answer, &count)
            guard count > 0, let resource = resources?[0] else { return [:] }
            let code = rd_kafka_ConfigResource_error(resource)
            guard code.isNone else {
                let text = rd_kafka_ConfigResource_error_string(resource).map { String(cString: $0) }
                throw KafkaError(native: code, attempt, detail: text)
            }
            let entries = rd_kafka_ConfigResource_configs(resource, &count)
            var settings: [String: KafkaTopicSetting] = [:]
            for entry in UnsafeBufferPointer(start: entries, count: count) {
                guard let name = rd_kafka_ConfigEntry_name(entry) else { continue }
                settings[String(cString: name)] = KafkaTopicSetting(
                    value: rd_kafka_ConfigEntry_value(entry).map { String(cString: $0) },
                    isDefault: rd_kafka_ConfigEntry_is_default(entry) > 0,
                    isReadOnly: rd_kafka_ConfigEntry_is_read_only(entry) > 0,
                    isSensitive: rd_kafka_ConfigEntry_is_sensitive(entry) > 0
                )
            }
            return settings
        }
    }

    /// The failures among results, which belong to an event.
    private static func failures(_ results: TopicResults?, _ count: Int) -> [String: KafkaError] {
        var failures: [String: KafkaError] = [:]
        for result in UnsafeBufferPointer(start: results, count: results == nil ? 0 : count) {
            let code = rd_kafka_topic_result_error(result)
            guard !code.isNone, let name = rd_kafka_topic_result_name(result).map({ String(cString: $0) }) else {
                continue
            }
            let text = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
            failures[name] = KafkaError(native: code, "The topic '\(name)'", detail: text)
        }
        return failures
    }
}

extension KafkaTopicDescription.Partition {
    /// Copies what librdkafka says.
    fileprivate init(_ native: rd_kafka_metadata_partition) {
        self.init(
            number: native.id,
            leader: native.leader < 0 ? nil : native.leader,
            replicas: Array(UnsafeBufferPointer(start: native.replicas, count: Int(native.replica_cnt))),
            inSyncReplicas: Array(UnsafeBufferPointer(start: native.isrs, count: Int(native.isr_cnt)))
        )
    }
}
