// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Synchronization

/// Watches the requests of a consumer's client for those that join the group; see `RejoinState`.
final class RejoinWatch: Sendable {
    /// Apache Kafka's numbers of the requests.
    private enum Request {
        static let offsetCommit: Int16 = 8
        static let joinGroup: Int16 = 11
        static let heartbeat: Int16 = 12
        static let syncGroup: Int16 = 14
    }

    private let state = Mutex(RejoinState())
    private let gate = ThreadGate()

    var isSettled: Bool { state.withLock { $0.isSettled(at: .now) } }

    /// Partitions were given away.
    func gaveAway() { state.withLock { $0.gaveAway(at: .now) } }

    /// A commit is about to be handed to the client.
    func commitBegins() { state.withLock { $0.commitBegun(at: .now) } }

    /// Blocks until a commit may be sent, or until the deadline.
    func wait(until deadline: ContinuousClock.Instant) {
        while !isSettled, ContinuousClock.now < deadline {
            let end = state.withLock { $0.end(from: .now, limit: deadline) }
            gate.wait(until: { end }) { isSettled }
        }
    }

    /// Watches the client that will be made of a configuration, and must not outlive this object.
    func install(in configuration: OpaquePointer) {
        // Not counted: whoever owns the client keeps this object until all callbacks have ended.
        let pointer = Unmanaged.passUnretained(self).toOpaque()
        // Fails only where the same name is added twice.
        _ = rd_kafka_conf_interceptor_add_on_new(
            configuration,
            "stitch",
            { client, _, pointer, _, _ in
                let code = rd_kafka_interceptor_add_on_request_sent(
                    client,
                    "stitch",
                    {
                        RejoinWatch.sent($4, $8)
                        return RD_KAFKA_RESP_ERR_NO_ERROR
                    },
                    pointer
                )
                guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { return code }
                return rd_kafka_interceptor_add_on_response_received(
                    client,
                    "stitch",
                    {
                        RejoinWatch.received($4, $10)
                        return RD_KAFKA_RESP_ERR_NO_ERROR
                    },
                    pointer
                )
            },
            pointer
        )
    }

    // On the threads of brokers, which must not wait and must not call the client. An answer is told of once more on the
    // client's own thread, before that looks at it.

    private static func sent(_ request: Int16, _ pointer: UnsafeMutableRawPointer?) {
        switch request {
        case Request.joinGroup: change(pointer) { $0.joinSent() }
        case Request.syncGroup: change(pointer) { $0.syncSent() }
        case Request.heartbeat: change(pointer) { $0.heartbeatSent(at: .now) }
        case Request.offsetCommit: change(pointer) { $0.commitSent(at: .now) }
        default: break
        }
    }

    private static func received(_ request: Int16, _ pointer: UnsafeMutableRawPointer?) {
        switch request {
        case Request.joinGroup: change(pointer) { $0.joinAnswered(at: .now) }
        case Request.heartbeat: change(pointer) { $0.heartbeatAnswered(at: .now) }
        default: break
        }
    }

    private static func change(_ pointer: UnsafeMutableRawPointer?, _ body: (inout RejoinState) -> Void) {
        guard let pointer else { return }
        let watch = Unmanaged<RejoinWatch>.fromOpaque(pointer).takeUnretainedValue()
        watch.state.withLock { body(&$0) }
        watch.gate.signal()
    }
}
