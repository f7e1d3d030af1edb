// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
import TraceContext

/// Whether working on a message continues the trace that created it, or starts a new one that links to it.
///
/// The sender of a message can overrule it for that message, by its wish in the `stitch` field.
public enum ContinuationPolicy: Sendable, Hashable {
    /// Always a child of the span that created the message.
    case continueTrace

    /// Always a new trace, linked.
    case newTrace

    /// A child when the message is younger than this, measured from its creation, so that a late retry counts as late
    /// too; otherwise a new trace, linked. A message of unknown age counts as young.
    case automatic(within: Duration)

    /// What counts unless a consumer or a worker is told otherwise: automatic, within ten minutes.
    @inlinable public static var `default`: ContinuationPolicy { .automatic(within: .seconds(600)) }

    /// Whether a single message that was created then, and is worked on now, continues its trace.
    public func continues(created: Timestamp?, now: Timestamp) -> Bool {
        switch self {
        case .continueTrace: true
        case .newTrace: false
        case .automatic(let limit): created.map { now.duration(since: $0) < limit } ?? true
        }
    }

    /// Whether a message continues its trace, by its sender's wish or else by the policy.
    func continues(_ message: ReceivedMessage, wish: StitchField.Wish?, now: @autoclosure () -> Timestamp) -> Bool {
        switch wish {
        case .continueTrace: true
        case .newTrace: false
        case nil: continues(created: message.created, now: now())
        }
    }
}
