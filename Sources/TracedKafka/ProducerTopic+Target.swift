// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchKafka

extension ProducerTopic {
    /// What the spans of the topic's records have in common; a traced producer keeps it with each topic.
    var target: MessageTarget {
        if let attachment { return unsafeDowncast(attachment as AnyObject, to: MessageTarget.self) }
        return MessageTarget(system: RecordAttributes.system, destination: name)
    }
}
