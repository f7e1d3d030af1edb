// SPDX-License-Identifier: Apache-2.0

package import TelemetryAPI
package import TelemetryData

/// Work whose span ends only when it is known whether the work had any effect.
///
/// Whoever lost a job to others while he worked on it has no span of it: its ids are those of the span by which the others
/// tell of the loss.
extension ProcessSpan {
    /// Does the work with the span as the current one, and leaves it open.
    ///
    /// - Parameter operation: The work.
    /// - Returns: What `operation` returns.
    /// - Throws: What `operation` throws.
    @inlinable
    package nonisolated(nonsending) func runOpen<Success, Failure: Error>(
        _ operation: nonisolated(nonsending) () async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        guard let context else { return try await operation() }
        return try await bind(context, operation)
    }

    /// Measures the work, which has ended, and says what it failed with.
    ///
    /// - Parameter error: Why it failed; `nil` if it didn't.
    /// - Returns: When it ended, for ``end(at:)``.
    package func workEnded(with error: (any Error)?) -> Timestamp {
        guard let context else { return .now }
        if let error {
            measurement?.end(in: span.context, errorType: ErrorType.name(of: error))
            span.recordError(error, type: nil)
        } else if let measurement {
            measurement.end(in: span.context)
        }
        return context.spanTime
    }

    /// Ends the span.
    package func end(at time: Timestamp) { context?.endSpan(at: time) }
}
