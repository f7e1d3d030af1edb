// SPDX-License-Identifier: Apache-2.0

/// How a span ended (OpenTelemetry Trace API, `Status`).
public enum SpanStatus: Sendable, Hashable {
    /// Nothing was said.
    case unset
    /// Somebody vouched for it.
    case ok
    /// It failed, with a description without secrets.
    case error(String)

    /// Whether it failed.
    public var isError: Bool { if case .error = self { true } else { false } }
}
