// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

extension AdminClient {
    /// All groups that the brokers know.
    func listGroups(_ attempt: String) throws(KafkaError) -> [KafkaGroupListing] {
        try request(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, attempt) { options, answers in
            rd_kafka_ListConsumerGroups(client, options, answers)
        } read: { event throws(KafkaError) in
            // All belongs to the event.
            let answer = rd_kafka_event_ListConsumerGroups_result(event)
            var count = 0
            let errors = rd_kafka_ListConsumerGroups_result_errors(answer, &count)
            if count > 0, let error = errors?[0] { throw Self.error(error, attempt) }
            let groups = rd_kafka_ListConsumerGroups_result_valid(answer, &count)
            return UnsafeBufferPointer(start: groups, count: count).compactMap { group in
                guard let name = rd_kafka_ConsumerGroupListing_group_id(group) else { return nil }
                return KafkaGroupListing(
                    group: String(cString: name),
                    state: Self.state(rd_kafka_ConsumerGroupListing_state(group))
                )
            }
        }
    }

    /// A group and its members.
    func describeGroup(_ group: String, _ attempt: String) throws(KafkaError) -> KafkaGroupDescription {
        try request(RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, attempt) { options, answers in
            group.withCString { name in
                var names: [UnsafePointer<CChar>?] = [name]
                // Copied.
                rd_kafka_DescribeConsumerGroups(client, &names, 1, options, answers)
            }
        } read: { event throws(KafkaError) in
            // All belongs to the event.
            var count = 0
            let answer = rd_kafka_event_DescribeConsumerGroups_result(event)
            let groups = rd_kafka_DescribeConsumerGroups_result_groups(answer, &count)
            guard count > 0, let native = groups?[0] else { throw failure(RD_KAFKA_RESP_ERR__NOENT, attempt, nil) }
            if let error = rd_kafka_ConsumerGroupDescription_error(native), !rd_kafka_error_code(error).isNone {
                throw Self.error(error, attempt)
            }
            return KafkaGroupDescription(
                group: group,
                state: Self.state(rd_kafka_ConsumerGroupDescription_state(native)),
                assignmentStrategy: Self.text(rd_kafka_ConsumerGroupDescription_partition_assignor(native)) ?? "",
                members: (0..<rd_kafka_ConsumerGroupDescription_member_count(native)).compactMap { index in
                    rd_kafka_ConsumerGroupDescription_member(native, index).map(Self.member)
                }
            )
        }
    }

    /// What a group has committed, by partition.
    func committedOffsets(of group: String, _ attempt: String) throws(KafkaError) -> [KafkaTopicPartition: Int64] {
        guard let question = rd_kafka_ListConsumerGroupOffsets_new(group, nil) else {
            throw KafkaError(native: RD_KAFKA_RESP_ERR__INVALID_ARG, attempt)
        }
        // Ours; the request copies it.
        defer { rd_kafka_ListConsumerGroupOffsets_destroy(question) }
        return try request(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, attempt) { options, answers in
            var questions: [OpaquePointer?] = [question]
            rd_kafka_ListConsumerGroupOffsets(client, &questions, 1, options, answers)
        } read: { event throws(KafkaError) in
            // All belongs to the event.
            var count = 0
            let answer = rd_kafka_event_ListConsumerGroupOffsets_result(event)
            let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(answer, &count)
            guard count > 0, let result = groups?[0] else { return [:] }
            if let error = rd_kafka_group_result_error(result) { throw Self.error(error, attempt) }
            var offsets: [KafkaTopicPartition: Int64] = [:]
            for element in Self.elements(rd_kafka_group_result_partitions(result)) where element.pointee.offset >= 0 {
                guard let topic = element.pointee.topic, element.pointee.err.isNone else { continue }
                let partition = KafkaTopicPartition(topic: String(cString: topic), partition: element.pointee.partition)
                offsets[partition] = element.pointee.offset
            }
            return offsets
        }
    }

    /// The offsets after the last record of partitions; those that can't be told, as without a leader, are left out.
    func endOffsets(
        of partitions: [KafkaTopicPartition],
        _ attempt: String
    ) throws(KafkaError) -> [KafkaTopicPartition: Int64] {
        guard !partitions.isEmpty else { return [:] }
        // Whoever asks for one without a leader is not answered for the others either.
        var led: Set<KafkaTopicPartition> = []
        for topic in try describeTopics(attempt) {
            for partition in topic.partitions where partition.leader != nil {
                led.insert(KafkaTopicPartition(topic: topic.name, partition: partition.number))
            }
        }
        let partitions = partitions.filter { led.contains($0) }
        guard !partitions.isEmpty else { return [:] }
        let list = rd_kafka_topic_partition_list_new(Int32(clamping: partitions.count))
        // Ours; the client can't be destroyed while it lives.
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for partition in partitions {
            // Belongs to the list. The end, as a time.
            rd_kafka_topic_partition_list_add(list, partition.topic, partition.partition)?.pointee.offset = -1
        }
        let result = rd_kafka_offsets_for_times(client, list, remaining)
        guard result.isNone else { throw failure(result, attempt, nil) }
        var offsets: [KafkaTopicPartition: Int64] = [:]
        for element in Self.elements(list) where element.pointee.err.isNone && element.pointee.offset >= 0 {
            guard let topic = element.pointee.topic else { continue }
            let partition = KafkaTopicPartition(topic: String(cString: topic), partition: element.pointee.partition)
            offsets[partition] = element.pointee.offset
        }
        return offsets
    }

    private static func member(_ native: OpaquePointer) -> KafkaGroupDescription.Member {
        let assignment = rd_kafka_MemberDescription_assignment(native)
        let partitions = assignment.flatMap { rd_kafka_MemberAssignment_partitions($0) }
        return KafkaGroupDescription.Member(
            id: text(rd_kafka_MemberDescription_consumer_id(native)) ?? "",
            instanceID: text(rd_kafka_MemberDescription_group_instance_id(native)),
            clientID: text(rd_kafka_MemberDescription_client_id(native)) ?? "",
            host: text(rd_kafka_MemberDescription_host(native)) ?? "",
            partitions: elements(partitions).compactMap { element in
                element.pointee.topic.map {
                    KafkaTopicPartition(topic: String(cString: $0), partition: element.pointee.partition)
                }
            }
        )
    }

    /// The elements of a list, which they belong to.
    private static func elements(
        _ list: UnsafePointer<rd_kafka_topic_partition_list_t>?
    ) -> [UnsafeMutablePointer<rd_kafka_topic_partition_t>] {
        guard let list, let first = list.pointee.elems else { return [] }
        return (0..<Int(list.pointee.cnt)).map { first + $0 }
    }

    /// The error object stays whose it is.
    private static func error(_ error: OpaquePointer, _ attempt: String) -> KafkaError {
        KafkaError(native: rd_kafka_error_code(error), attempt, detail: text(rd_kafka_error_string(error)))
    }

    private static func text(_ text: UnsafePointer<CChar>?) -> String? { text.map { String(cString: $0) } }

    private static func state(_ state: rd_kafka_consumer_group_state_t) -> String {
        // Static text.
        text(rd_kafka_consumer_group_state_name(state)) ?? "Unknown"
    }
}
