// SPDX-License-Identifier: Apache-2.0

/// How much of a span is kept; what is above is dropped and counted.
public struct SpanLimits: Sendable, Hashable {
    /// How many links a span keeps, from 0.
    public var links = 128

    /// The limits that OpenTelemetry sets by default.
    public init() {}
}
