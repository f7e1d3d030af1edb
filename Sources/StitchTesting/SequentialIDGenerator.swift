// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Ids that count from 1, the same in every run of a test: trace `…01`, span `…01`, span `…02`, ….
public final class SequentialIDGenerator: IDGenerator {
    private let traces = Atomic<UInt64>(0)
    private let spans = Atomic<UInt64>(0)

    /// Begins to count.
    public init() {}

    /// The next trace.
    public func makeTraceID() -> TraceID {
        TraceID(high: 0, low: traces.wrappingAdd(1, ordering: .relaxed).newValue)
    }

    /// The next span.
    public func makeSpanID() -> SpanID {
        SpanID(bits: spans.wrappingAdd(1, ordering: .relaxed).newValue)
    }

    /// `false`.
    public var isRandom: Bool { false }
}
