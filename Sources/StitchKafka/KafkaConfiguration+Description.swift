// SPDX-License-Identifier: Apache-2.0

extension KafkaConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The settings without secrets; those that are `nil` are left out.
    public var description: String { "KafkaConfiguration(\(shown.joined(separator: ", ")))" }

    /// The settings without secrets.
    public var debugDescription: String { description }

    /// The settings without secrets: what `dump` prints.
    public var customMirror: Mirror {
        Mirror(self, children: ["description": description])
    }

    private var shown: [String] {
        var shown = ["brokers: \(brokers.joined(separator: ","))", "clientID: \(clientID)"]
        func add(_ name: String, _ value: (some Any)?) {
            if let value { shown.append("\(name): \(value)") }
        }
        add("tls", tls.map { "\($0)" })
        add("authentication", authentication.map { "\($0)" })
        add("acknowledgements", acknowledgements)
        add("linger", linger)
        add("batchBytes", batchBytes)
        add("batchRecords", batchRecords)
        add("queueBytes", queueBytes)
        add("queueRecords", queueRecords)
        add("maximumRecordBytes", maximumRecordBytes)
        add("compression", compression)
        add("compressionLevel", compressionLevel)
        add("partitioner", partitioner)
        add("deliveryTimeout", deliveryTimeout)
        add("isIdempotent", isIdempotent)
        add("transactionalID", transactionalID)
        add("transactionTimeout", transactionTimeout)
        add("groupInstanceID", groupInstanceID)
        add("autoOffsetReset", autoOffsetReset)
        add("commitInterval", commitInterval)
        add("sessionTimeout", sessionTimeout)
        add("heartbeatInterval", heartbeatInterval)
        add("maxPollInterval", maxPollInterval)
        add("isolation", isolation)
        add("assignmentStrategy", assignmentStrategy)
        add("fetchMinimumBytes", fetchMinimumBytes)
        add("fetchMaximumWait", fetchMaximumWait)
        add("fetchMaximumBytes", fetchMaximumBytes)
        add("fetchPartitionBytes", fetchPartitionBytes)
        add("fetchQueueKilobytes", fetchQueueKilobytes)
        add("drain", drain)
        add("statisticsInterval", statisticsInterval)
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
            add(name, SecretProperty.shown(value, of: name))
        }
        return shown
    }
}
