// SPDX-License-Identifier: Apache-2.0

/// What is to become of a record, or of a batch, whose handler threw.
public enum KafkaFailureDecision: Sendable, Hashable {
    /// Try it once more in place, after the back-off, even if no try is left: for what passes by itself.
    ///
    /// The records behind it in the partition wait.
    case retry

    /// Move it to the next retry topic, or to the dead topic after the last, though tries may be left.
    ///
    /// Stops the consumer where the policy moves nothing aside.
    case moveAside

    /// Move it to the dead topic.
    ///
    /// Stops the consumer where the policy moves nothing aside.
    case dead

    /// Go on with the next record; this one counts as handled.
    case skip

    /// Stop the consumer there.
    case stop
}

/// A try to handle a record, or a batch, that has failed.
public struct KafkaAttempt: Sendable, Hashable {
    /// How often the record was tried by now, from 1, before it was moved included, but not before it was redriven; of a
    /// batch, the one that was tried most.
    public var number: Int

    /// How often it was tried where it is, from 1.
    public var inPlace: Int

    /// How many retry topics it has been moved to since it was in its own topic, from 0.
    public var retryTopic: Int

    /// The topic that the record was first in.
    public var topic: String

    /// A try, for tests of a policy's `decide`.
    public init(number: Int = 1, inPlace: Int = 1, retryTopic: Int = 0, topic: String = "") {
        self.number = number
        self.inPlace = inPlace
        self.retryTopic = retryTopic
        self.topic = topic
    }
}
