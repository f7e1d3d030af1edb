// SPDX-License-Identifier: Apache-2.0

public import TraceContext

/// Makes the ids of spans.
public protocol IDGenerator: Sendable {
    /// Names a new trace. At least the right-most seven bytes must be random if ``isRandom`` is said.
    func makeTraceID() -> TraceID

    /// Names a new span.
    func makeSpanID() -> SpanID

    /// Whether trace ids are random, as the flag of W3C Trace Context Level 2 says it.
    var isRandom: Bool { get }
}

/// Random ids, from the system's generator.
public struct RandomIDGenerator: IDGenerator {
    /// There is nothing to set up.
    public init() {}

    /// A random id.
    public func makeTraceID() -> TraceID {
        TraceID(high: .random(in: 1 ... .max), low: .random(in: .min ... .max))
    }

    /// A random id.
    public func makeSpanID() -> SpanID {
        SpanID(bits: .random(in: 1 ... .max))
    }

    /// `true`.
    public var isRandom: Bool { true }
}
