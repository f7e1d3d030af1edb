// SPDX-License-Identifier: Apache-2.0

#if !DistributedTracingSupport

import MessageTracing
import StitchKafka

/// Where a handler works on the records of a partition, one after the other, each within its span.
final class HandlerPlace: RecordPlace {
    private let tracing: RecordTracing
    // Of one task, so that no access meets another; a check of that at each would be noticed.
    @exclusivity(unchecked) private var place = WorkPlace()

    init(_ tracing: RecordTracing) { self.tracing = tracing }

    // Whoever works on the record keeps it, and with it the key, until the span has ended.
    func begin(_ record: KafkaConsumedRecord) -> Bool { tracing.begin(record, at: &place) }

    func end() { place.end() }

    func end(with error: any Error) { place.end(with: error, as: tracing.outcome(error)) }

    func leave() { place.leave() }
}

#endif
