// SPDX-License-Identifier: Apache-2.0

import Foundation
import TraceContext

/// All three fields written and read without a thought for speed: strings, arrays and a dictionary.
///
/// It is what the propagators of `TraceContext` are compared with.
struct NaiveContext: Equatable {
    struct Entry: Equatable {
        let key: String
        let value: String
    }

    let traceID: String
    let spanID: String
    let flags: UInt8
    let state: [Entry]
    let baggage: [Entry]

    private static let encoded = CharacterSet(charactersIn: "\u{21}"..."\u{7e}").subtracting(
        CharacterSet(charactersIn: "\",;\\%")
    )

    init(_ context: PropagationContext) {
        traceID = context.span?.traceID.description ?? ""
        spanID = context.span?.spanID.description ?? ""
        flags = context.span?.flags.rawValue ?? 0
        state = context.span?.state.members.map { Entry(key: $0.key, value: $0.value) } ?? []
        baggage = context.baggage.members.map { Entry(key: $0.key, value: $0.value) }
    }

    init?(fields: [String: String]) {
        guard let parent = fields["traceparent"].flatMap({ NaiveTraceParent($0) }) else { return nil }
        traceID = parent.traceID
        spanID = parent.spanID
        flags = parent.flags
        state = Self.entries(fields["tracestate"] ?? "")
        baggage = Self.entries(fields["baggage"] ?? "").map {
            Entry(key: $0.key, value: $0.value.removingPercentEncoding ?? $0.value)
        }
    }

    func inject(into fields: inout [String: String]) {
        let flags = String(flags, radix: 16)
        fields["traceparent"] = "00-\(traceID)-\(spanID)-\(flags.count == 1 ? "0" + flags : flags)"
        fields["tracestate"] = state.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        fields["baggage"] = baggage.map { entry in
            let value = entry.value.addingPercentEncoding(withAllowedCharacters: Self.encoded) ?? entry.value
            return "\(entry.key)=\(value)"
        }.joined(separator: ",")
    }

    private static func entries(_ field: String) -> [Entry] {
        field.split(separator: ",").compactMap { part in
            let pair = part.trimmingCharacters(in: .whitespaces).split(separator: "=", maxSplits: 1)
            return pair.count == 2 ? Entry(key: String(pair[0]), value: String(pair[1])) : nil
        }
    }
}
