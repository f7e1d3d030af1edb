// SPDX-License-Identifier: Apache-2.0

/// Which side of a relation between services a span is (OpenTelemetry Trace API, `SpanKind`).
///
/// The raw values are those of OTLP.
public enum SpanKind: Int, Sendable, Hashable, CaseIterable {
    /// Work inside a service.
    case `internal` = 1
    /// A request that the service answers.
    case server = 2
    /// A request that the service makes and whose answer it awaits.
    case client = 3
    /// A message that the service hands over for later.
    case producer = 4
    /// A message that the service works on.
    case consumer = 5
}
