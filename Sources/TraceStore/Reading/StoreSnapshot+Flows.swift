// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TraceFlow

extension StoreSnapshot {
    /// Brings in what an assembler asks for, until it needs nothing or the task that asks is cancelled.
    func flows(_ assembler: FlowAssembler, unless cancellation: Cancellation) throws -> Flows {
        var assembler = assembler
        var decoder = RecordDecoder()
        while true {
            try cancellation.check()
            let needs = assembler.needs()
            if needs.isEmpty { return assembler.joined }
            for group in needs.backLinks {
                assembler.add(try backLinks(to: group, limit: max(1, needs.backLinkLimit)), to: group)
            }
            if !needs.spans.isEmpty { assembler.add(try spans(of: needs.spans, &decoder), of: needs.spans) }
        }
    }
}

/// Tells a thread that is no task's own that the task is cancelled.
final class Cancellation: Sendable {
    private let isSet = Atomic<Bool>(false)

    func set() { isSet.store(true, ordering: .relaxed) }

    func check() throws(CancellationError) {
        if isSet.load(ordering: .relaxed) { throw CancellationError() }
    }
}
