// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchKafka

extension FoundTopic {
    /// What the spans of the topic's records have in common; a traced producer keeps it with each topic.
    var target: MessageTarget {
        lentTarget?.takeUnretainedValue()
            ?? MessageTarget(system: RecordAttributes.system, destination: topic.name)
    }

    /// The same, for as long as the topic is there.
    var lentTarget: Unmanaged<MessageTarget>? { lentAttachment.map { Unmanaged.fromOpaque($0) } }
}
