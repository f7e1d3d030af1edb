// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Dispatch
public import StitchKafka

/// A Kafka in this process: librdkafka's mock cluster, for tests, examples and demonstrations.
///
/// It speaks the protocol on 127.0.0.1, so other processes of this machine can use it too, and it is gone with the
/// process. It knows groups, commits, headers and idempotence, and faults can be put into it. Topics that are produced
/// to and aren't there are made with 4 partitions. It keeps about 5 MB per partition, makes the first member of a group
/// wait for 3 seconds, and knows no administration but ``createTopic(_:partitions:)``.
///
/// ```swift
/// let cluster = try MockKafkaCluster()
/// try await cluster.createTopic("orders", partitions: 2)
/// let producer = try KafkaProducer(cluster.configuration)
/// ```
///
/// Shut its clients down before the cluster. A cluster that is let go without a shutdown goes too, a little later.
public final class MockKafkaCluster: Sendable {
    /// The brokers, as `host:port` with commas.
    public let bootstrapServers: String

    private let reserved = ReservedPorts()

    private let native: NativeCluster
    /// All calls are made here, one at a time: librdkafka's wait for the cluster's own thread.
    private let calls = DispatchQueue(label: "stitch.kafka.mock-cluster")

    /// Starts a cluster on free ports.
    ///
    /// - Parameter brokers: How many brokers, from 1. They are numbered from 1.
    /// - Throws: ``/StitchKafka/KafkaError`` when that many can't be made.
    public init(brokers: Int = 1) throws(KafkaError) {
        native = try NativeCluster(brokers: brokers)
        bootstrapServers = native.bootstrapServers
    }

    deinit {
        calls.async { [native] in native.destroy() }
    }

    /// A configuration for clients of this cluster, with short waits.
    public var configuration: KafkaConfiguration {
        var configuration = KafkaConfiguration(brokers: bootstrapServers.split(separator: ",").map(String.init))
        configuration.linger = .zero
        // After a member has left, the cluster lets the next wait for a second less than the session timeout.
        configuration.properties = ["session.timeout.ms": "4000", "heartbeat.interval.ms": "500"]
        return configuration
    }

    /// Makes a topic.
    ///
    /// - Parameters:
    ///   - topic: Its name.
    ///   - partitions: How many partitions, from 1.
    /// - Throws: ``/StitchKafka/KafkaError`` when it is there already or can't be made.
    public func createTopic(_ topic: String, partitions: Int = 1) async throws(KafkaError) {
        try await call("The topic '\(topic)' with \(partitions) partitions was not made") { cluster in
            rd_kafka_mock_topic_create(cluster, topic, Int32(clamping: partitions), 1)
        }
    }

    /// Lets the next requests of a kind fail, one for each error, in this order.
    ///
    /// `_TRANSPORT` breaks the connection.
    ///
    /// - Parameters:
    ///   - request: The kind of request.
    ///   - errors: The errors, by the protocol's names.
    /// - Throws: ``/StitchKafka/KafkaError`` when librdkafka doesn't know one of the errors.
    public func fail(_ request: MockRequest, with errors: KafkaError.Code...) async throws(KafkaError) {
        let codes = try errors.map(NativeCluster.code)
        try await call("Requests were not made to fail") { cluster in
            // The codes are copied.
            rd_kafka_mock_push_request_errors_array(cluster, request.key, codes.count, codes)
            return RD_KAFKA_RESP_ERR_NO_ERROR
        }
    }

    /// Takes back what ``fail(_:with:)`` has said of requests that have not come yet.
    ///
    /// - Parameter request: The kind of request.
    /// - Throws: ``/StitchKafka/KafkaError`` after ``shutdown()``.
    public func stopFailing(_ request: MockRequest) async throws(KafkaError) {
        try await call("Requests were not let through") { cluster in
            rd_kafka_mock_clear_request_errors(cluster, request.key)
            return RD_KAFKA_RESP_ERR_NO_ERROR
        }
    }

    /// Breaks a broker's connections and lets nobody connect until ``bringUp(broker:)``.
    ///
    /// - Parameter broker: Which, from 1; `nil` for all.
    /// - Throws: ``/StitchKafka/KafkaError`` when there is no such broker.
    public func takeDown(broker: Int? = nil) async throws(KafkaError) {
        try await call("The broker was not taken down") { cluster in
            rd_kafka_mock_broker_set_down(cluster, Int32(clamping: broker ?? -1))
        }
        reserved.reserve(ports(of: broker))
    }

    /// Lets clients connect to a broker again.
    ///
    /// - Parameter broker: Which, from 1; `nil` for all.
    /// - Throws: ``/StitchKafka/KafkaError`` when there is no such broker, or another program has its port.
    public func bringUp(broker: Int? = nil) async throws(KafkaError) {
        try await waitForPorts(of: broker)
        try await call("The broker was not brought up") { cluster in
            rd_kafka_mock_broker_set_up(cluster, Int32(clamping: broker ?? -1))
        }
        reserved.release(ports(of: broker))
    }

    /// Waits for ports that somebody got while the broker went down, usually for a connection that soon ends.
    private func waitForPorts(of broker: Int?) async throws(KafkaError) {
        var attempts = 200
        while let port = reserved.missing(of: ports(of: broker)) {
            attempts -= 1
            guard attempts == 0 else {
                // Nobody tells when a port becomes free.
                try? await Task.sleep(for: .milliseconds(50))
                continue
            }
            throw KafkaError(
                .configuration,
                "The broker was not brought up: another program has its port \(port) now; run the test again"
            )
        }
    }

    private func ports(of broker: Int?) -> [UInt16] {
        let ports = bootstrapServers.split(separator: ",").map { UInt16($0.split(separator: ":").last ?? "") ?? 0 }
        guard let broker else { return ports }
        return ports.indices.contains(broker - 1) ? [ports[broker - 1]] : []
    }

    /// Lets a broker's answers take longer.
    ///
    /// - Parameters:
    ///   - roundTrip: How much longer, in whole milliseconds.
    ///   - broker: Which, from 1; `nil` for all.
    /// - Throws: ``/StitchKafka/KafkaError`` when there is no such broker.
    public func setRoundTrip(_ roundTrip: Duration, broker: Int? = nil) async throws(KafkaError) {
        let milliseconds = Int32(clamping: Int64(roundTrip / .milliseconds(1)))
        try await call("The round-trip time was not set") { cluster in
            rd_kafka_mock_broker_set_rtt(cluster, Int32(clamping: broker ?? -1), milliseconds)
        }
    }

    /// Ends the cluster; may be called more than once.
    public func shutdown() async {
        await withCheckedContinuation { continuation in
            calls.async { [native] in
                native.destroy()
                continuation.resume()
            }
        }
    }

    private func call(
        _ attempt: String,
        _ body: @escaping @Sendable (OpaquePointer) -> rd_kafka_resp_err_t
    ) async throws(KafkaError) {
        let code = await withCheckedContinuation { continuation in
            calls.async { [native] in
                continuation.resume(returning: native.cluster.map(body) ?? RD_KAFKA_RESP_ERR__DESTROY)
            }
        }
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw NativeCluster.error(code, attempt) }
    }
}
