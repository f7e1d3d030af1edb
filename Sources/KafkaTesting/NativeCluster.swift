// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import StitchKafka
import StitchService

/// Owns librdkafka's mock cluster and the client that it needs to live in.
///
/// Used by one queue only.
final class NativeCluster: Sendable {
    // Set in `init`, cleared in `destroy`; both on the owner's queue, or before anybody else knows them.
    nonisolated(unsafe) private(set) var cluster: OpaquePointer?
    nonisolated(unsafe) private var client: OpaquePointer?
    let bootstrapServers: String

    init(brokers: Int) throws(KafkaError) {
        guard (1...100).contains(brokers) else {
            throw KafkaError(.configuration, "The option 'brokers' is \(brokers): a mock cluster has 1 to 100")
        }
        // Ours, until the client takes it.
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set_log_cb(configuration) { _, _, _, text in
            if let text { Diagnostics.log(.debug, String(cString: text)) }
        }
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0) else {
            rd_kafka_conf_destroy(configuration)
            throw KafkaError(.configuration, "A client for the mock cluster can't be made: out of threads or memory?")
        }
        // Ours; has to be destroyed before the client.
        guard let cluster = rd_kafka_mock_cluster_new(client, Int32(brokers)) else {
            rd_kafka_destroy(client)
            throw KafkaError(.configuration, "A mock cluster can't be made: no free port on 127.0.0.1?")
        }
        self.client = client
        self.cluster = cluster
        // Belongs to the cluster.
        bootstrapServers = rd_kafka_mock_cluster_bootstraps(cluster).map { String(cString: $0) } ?? ""
    }

    /// Blocks until the cluster's threads have ended.
    ///
    /// May be called again.
    func destroy() {
        if let cluster { rd_kafka_mock_cluster_destroy(cluster) }
        cluster = nil
        if let client { rd_kafka_destroy(client) }
        client = nil
    }

    /// What librdkafka answered.
    static func error(_ code: rd_kafka_resp_err_t, _ attempt: String) -> KafkaError {
        // Both texts are static.
        let name = rd_kafka_err2name(code).map { ErrorName.ofProtocol(String(cString: $0)) } ?? "UNKNOWN"
        let text = rd_kafka_err2str(code).map { String(cString: $0) } ?? ""
        return KafkaError(KafkaError.Code(name), "\(attempt): \(name), \(text)")
    }

    /// librdkafka's number for the protocol's name of an error.
    static func code(of error: KafkaError.Code) throws(KafkaError) -> rd_kafka_resp_err_t {
        var descriptions: UnsafePointer<rd_kafka_err_desc>?
        var count = 0
        // A static table.
        rd_kafka_get_err_descs(&descriptions, &count)
        for description in UnsafeBufferPointer(start: descriptions, count: count) {
            guard let name = description.name.map({ String(cString: $0) }) else { continue }
            if name == error.description || ErrorName.ofProtocol(name) == error.description { return description.code }
        }
        throw KafkaError(.configuration, "librdkafka knows no error '\(error)': give the protocol's name")
    }
}
