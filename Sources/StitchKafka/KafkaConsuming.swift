// SPDX-License-Identifier: Apache-2.0

public import StitchService

/// What hands records to a handler: a consumer, traced or not.
public protocol KafkaConsuming: Service {
    /// The consumer group.
    var group: String { get }

    /// The topics that are subscribed to.
    var topics: [String] { get }
}
