// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// The attempts before a span's at what it works on, as far as they are there.
///
/// Until they had ended nothing waited: what an attempt says of the whole time since its message was written is to be cut.
struct EarlierAttempts {
    /// When the last of all ended.
    private(set) var end: Timestamp?

    /// When the last at each message ended, by what created it.
    private var ends: [SpanReference: Timestamp] = [:]

    init(before span: SpanData, _ find: (SpanReference) -> SpanData?) {
        for link in span.links where link.role == .previousAttempt {
            let reference = SpanReference(link.context)
            guard reference != span.reference, let attempt = find(reference) else { continue }
            let last = max(attempt.start, attempt.end)
            end = max(end ?? last, last)
            for creation in attempt.creations { ends[creation] = max(ends[creation] ?? last, last) }
        }
    }

    /// When the last attempt ended at the message that a link of the span leads to.
    func end(at creation: SpanLink) -> Timestamp? { ends.isEmpty ? nil : ends[SpanReference(creation.context)] }

    /// What is left of waits if an attempt ended in their midst: back-off.
    ///
    /// When a job was due and how long it lacked a worker is known to its queue, which counts anew with each attempt.
    static func cut(_ waits: [FlowWait], at end: Timestamp?) -> [FlowWait] {
        guard let end else { return waits }
        return waits.compactMap { wait in
            guard wait.reason == .topic || wait.reason == .backoff else { return wait }
            guard wait.end > end else { return nil }
            return FlowWait(reason: .backoff, start: max(wait.start, end), end: wait.end)
        }
    }
}
