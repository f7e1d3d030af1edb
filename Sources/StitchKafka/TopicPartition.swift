// SPDX-License-Identifier: Apache-2.0

/// One partition of one topic.
struct TopicPartition: Hashable, Sendable, CustomStringConvertible {
    var topic: String
    var partition: Int32

    var description: String { "\(topic)/\(partition)" }
}
