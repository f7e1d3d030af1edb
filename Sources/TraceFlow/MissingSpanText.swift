// SPDX-License-Identifier: Apache-2.0

import TelemetryData

extension SpanData {
    /// That its parent isn't there, as a sentence.
    ///
    /// - Parameters:
    ///   - parent: The parent.
    ///   - count: How many spans of the parent's trace are there, this one included if it is of that trace.
    /// - Returns: The sentence, without what the span is and its full stop.
    func orphanText(_ parent: SpanReference, ofTraceWith count: Int) -> String {
        let isCreation = links.contains { SpanReference($0.context) == parent && $0.role == .creation }
        return "is a child of \(isCreation ? "what created its message, " : "")\(missingText(parent, count))"
    }

    /// That what it links to isn't there; as ``orphanText(_:ofTraceWith:)``.
    func danglingText(_ link: SpanLink, ofTraceWith count: Int) -> String {
        "links to \(link.purpose)\(missingText(SpanReference(link.context), count))"
    }

    /// What isn't there, and how much else of its trace is.
    private func missingText(_ end: SpanReference, _ count: Int) -> String {
        let rest =
            switch count - (traceID == end.traceID ? 1 : 0) {
            case ...0: "nor is anything else of that trace"
            case 1: "though 1 other span of that trace is"
            case let others: "though \(others) other spans of that trace are"
            }
        return "span \(end.spanID) of trace \(end.traceID), which isn't there, \(rest)"
    }
}

extension SpanLink {
    /// What the link is to, as a part of a sentence.
    fileprivate var purpose: String {
        switch role {
        case .creation: "what created its message, "
        case .previousAttempt: "the attempt before it, "
        case .attempt: "the attempt that it settles, "
        case .ambient: "what was current, "
        case nil: ""
        }
    }
}
