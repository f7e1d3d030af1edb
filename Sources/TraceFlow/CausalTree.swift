// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Which span of a flow each other one had to await, and its times with what clocks can't agree on put right: nothing begins
/// before what caused it.
///
/// Spans are called by their position in ``Flow/spans``, times are nanoseconds.
struct CausalTree {
    let flow: Flow

    /// What each span had to await last; its own for the origin.
    private(set) var causes: [Int]

    /// Whether the cause has to await its end in turn, as a caller does.
    private(set) var isAwaited: [Bool]

    /// Whether the cause is an attempt that it follows.
    private(set) var followsAttempt: [Bool]
    private(set) var starts: [UInt64]
    private(set) var ends: [UInt64]
    private(set) var waits: [Int: [FlowWait]] = [:]

    /// The spans, each after its cause.
    private(set) var order: [Int] = []

    init(_ flow: Flow) {
        self.flow = flow
        let spans = flow.spans
        starts = spans.map(\.start.nanoseconds)
        ends = spans.map { max($0.start, $0.end).nanoseconds }
        causes = Array(repeating: 0, count: spans.count)
        isAwaited = Array(repeating: false, count: spans.count)
        followsAttempt = isAwaited
        for index in spans.indices.dropFirst() { bind(index) }
        order = Forest.cutCircles(&causes) { (isAwaited[$0], followsAttempt[$0]) = (false, false) }
        for index in order.dropFirst() {
            starts[index] = max(starts[index], starts[causes[index]])
            ends[index] = max(ends[index], starts[index])
        }
    }

    /// Finds the last of what a span had to await.
    private mutating func bind(_ index: Int) {
        let span = flow.spans[index]
        let parent = span.parentReference.flatMap { flow.position(of: $0) }.flatMap { $0 == index ? nil : $0 }
        let operation = span.messagingOperation
        let waits = flow.waits(of: span)
        if !waits.isEmpty { self.waits[index] = waits }
        let isArrival = operation == .process || span.kind == .consumer || !waits.isEmpty
        if !isArrival, let parent { return set(index, parent, isChild: true) }
        var latest: (release: UInt64, cause: Int)?
        func offer(_ cause: Int, _ release: UInt64) {
            if let latest, latest.release >= release { return }
            latest = (release, cause)
        }
        if span.linksJoin {
            for link in span.links where link.isCause {
                guard let cause = flow.position(of: SpanReference(link.context)), cause != index else { continue }
                let known = link.attributes.waits(until: span.start, of: span).first?.start.nanoseconds
                offer(cause, known ?? min(ends[cause], starts[index]))
            }
        }
        if let parent { offer(parent, min(ends[parent], starts[index])) }
        guard let latest else { return }
        followsAttempt[index] = span.links.contains { link in
            link.role == .previousAttempt && flow.position(of: SpanReference(link.context)) == latest.cause
        }
        set(index, latest.cause, isChild: latest.cause == parent && isWithin(index, latest.cause))
    }

    private mutating func set(_ index: Int, _ cause: Int, isChild: Bool) {
        causes[index] = cause
        isAwaited[index] = isChild && starts[index] < ends[cause]
    }

    /// Whether work on a message was done in the midst of its parent, rather than somewhere else meanwhile.
    private func isWithin(_ index: Int, _ parent: Int) -> Bool {
        let (span, other) = (flow.spans[index], flow.spans[parent])
        return other.messagingOperation?.isProducing != true
            && other.resource.serviceName == span.resource.serviceName
    }
}
