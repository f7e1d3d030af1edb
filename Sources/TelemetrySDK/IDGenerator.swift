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

/// Random ids, from a generator of each thread's own that the system has seeded.
public struct RandomIDGenerator: IDGenerator {
    /// There is nothing to set up.
    public init() {}

    /// A random id.
    public func makeTraceID() -> TraceID {
        let random = ThreadRandom()
        while true {
            let id = TraceID(high: random.next(), low: random.next())
            if id.isValid { return id }
        }
    }

    /// A random id.
    @inline(__always)
    public func makeSpanID() -> SpanID {
        let random = ThreadRandom()
        while true {
            let id = SpanID(bits: random.next())
            if id.isValid { return id }
        }
    }

    /// `true`.
    public var isRandom: Bool { true }
}
