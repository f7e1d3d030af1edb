// SPDX-License-Identifier: Apache-2.0

/// Names of attributes that OpenTelemetry's conventions give, as literals: nobody counts the references to a literal.
///
/// Names of fewer than sixteen bytes are not among them, as a string holds those by itself.
enum ConventionNames {
    /// The literal of these bytes; `nil` if they are no such name.
    @inline(never)
    static func name(_ bytes: UnsafeRawBufferPointer, fingerprint: UInt64) -> String? {
        guard bytes.count > 15, let name = byFingerprint[fingerprint], name.utf8.elementsEqual(bytes)
        else { return nil }
        return name
    }

    private static let byFingerprint: [UInt64: String] = {
        var names: [UInt64: String] = [:]
        for var name in messaging + others {
            let fingerprint = name.withUTF8 { Fingerprint.of(UnsafeRawBufferPointer($0)) }
            names[fingerprint] = name
        }
        return names
    }()

    private static let messaging = [
        MessagingConventions.Attribute.system,
        MessagingConventions.Attribute.operationName,
        MessagingConventions.Attribute.operationType,
        MessagingConventions.Attribute.destinationName,
        MessagingConventions.Attribute.partitionID,
        MessagingConventions.Attribute.batchMessageCount,
        MessagingConventions.Attribute.messageID,
        MessagingConventions.Attribute.bodySize,
        MessagingConventions.Attribute.clientID,
        MessagingConventions.Attribute.consumerGroup,
        MessagingConventions.Attribute.kafkaOffset,
        MessagingConventions.Attribute.kafkaKey,
        MessagingConventions.Attribute.kafkaTombstone,
        MessagingConventions.Attribute.waitScheduled,
        MessagingConventions.Attribute.waitReady,
        MessagingConventions.Attribute.waitBackoff,
        MessagingConventions.Attribute.clockSkew,
        MessagingConventions.Attribute.timestampType,
        MessagingConventions.Attribute.acknowledgeLatency,
        MessagingConventions.Attribute.brokerID,
        MessagingConventions.Attribute.jobQueue,
        MessagingConventions.Attribute.jobKind,
        MessagingConventions.Attribute.jobAttempt,
        MessagingConventions.Attribute.jobDeduplicated,
        MessagingConventions.Attribute.settleReason,
    ]

    private static let others = [
        "code.file.path", "code.function.name", "code.line.number", "db.collection.name", "db.operation.batch.size",
        "db.operation.name", "db.query.summary", "db.query.text", "db.response.status_code", "db.stored_procedure.name",
        "deployment.environment.name", "exception.escaped", "exception.message", "exception.stacktrace",
        "http.request.body.size", "http.request.method", "http.request.method_original",
        "http.request.resend_count", "http.response.body.size", "http.response.status_code", "network.local.address",
        "network.local.port", "network.peer.address", "network.peer.port", "network.protocol.name",
        "network.protocol.version", "network.transport", "rpc.grpc.status_code", "rpc.response.status_code",
        "service.instance.id", "service.namespace", "telemetry.sdk.language", "telemetry.sdk.name",
        "telemetry.sdk.version", "user_agent.original",
    ]
}
