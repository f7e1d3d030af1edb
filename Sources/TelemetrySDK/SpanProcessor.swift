// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// Takes spans as they end.
///
/// Must not block: the caller is whoever ended the span.
public protocol SpanProcessor: Sendable {
    /// A span has ended.
    func ended(_ span: SpanData)

    /// Is to export what has ended so far without waiting for more. Must not block.
    func exportSoon()
}

extension SpanProcessor {
    /// Does nothing, for who doesn't wait.
    public func exportSoon() {}
}
