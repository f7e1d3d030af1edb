// SPDX-License-Identifier: Apache-2.0

import StitchService
import Synchronization

/// Tells that spans lose something to their limits, at most once a span: the first time as a warning, then as a detail,
/// because a batch of many messages has more links than are kept each time it comes.
final class DropNotice: Sendable {
    private let hasWarned = Atomic<Bool>(false)
    private let log: @Sendable (Diagnostic.Level, String) -> Void

    init(log: @escaping @Sendable (Diagnostic.Level, String) -> Void = { Diagnostics.log($0, $1) }) {
        self.log = log
    }

    func tell(of drops: SpanDrops, in name: String) {
        let isFirst = !hasWarned.exchange(true, ordering: .relaxed)
        let dropped = "\(drops.attributes) attributes, \(drops.events) events, \(drops.links) links"
        log(
            isFirst ? .warning : .debug,
            "the span \(name) was above its limits (\(dropped) left out); OTEL_SPAN_*_LIMIT sets them"
        )
    }
}
