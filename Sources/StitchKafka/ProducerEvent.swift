// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// An event of a producer's, ours until it is destroyed; before the client is.
///
/// `@unchecked Sendable`: any thread may use what librdkafka has handed out, and as it can't be copied, one alone does.
struct ProducerEvent: ~Copyable, @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    /// Ends it.
    consuming func destroy() {}

    deinit { rd_kafka_event_destroy(pointer) }

    /// Whether it is of records that have their reports.
    var isOfReports: Bool { rd_kafka_event_type(pointer) == RD_KAFKA_EVENT_DR }
}
