// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow
import TraceStore

/// Finds the flow that somebody names: by a trace, by a trace and a span, or by the beginning of either.
struct FlowLookup {
    let store: any SpanStore
    /// What is known of why spans may not be there.
    var horizon = FlowHorizon()

    /// A shorter beginning is not looked for.
    private static let shortest = 4
    /// How many of those that a beginning fits are named.
    private static let candidates = 8

    /// A flow, and what begins the others that the same name fits.
    struct Found {
        let flow: Flow
        /// The origins of the others, as far as they were looked for.
        let others: [SpanData]
        /// Whether there may be more of them.
        let hasMore: Bool
        /// What the flows share.
        let name: String

        /// Says which others there are, if there are any.
        func tellOthers(_ console: Console) {
            guard !others.isEmpty || hasMore else { return }
            let some = others.prefix(3).map { "\($0.reference) (\($0.name))" }
            let rest = others.count > 3 ? [" and \((others.count - 3).grouped) more"] : []
            let text = "the \(name) belongs to other flows too: " + some.joined(separator: ", ") + rest.joined()
            console.tell(hasMore ? "\(text), and maybe to others, which were too many to look for" : text)
        }
    }

    /// The flow of a name.
    ///
    /// Of a trace that belongs to several flows it is the one that begins in it, or the first.
    func flow(_ name: String) async throws -> Found {
        let parts = name.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, let prefix = parts.first, prefix.count <= 32, prefix.allSatisfy(\.isHexDigit),
            prefix.count >= Self.shortest,
            parts.dropFirst().allSatisfy({ $0.count <= 16 && $0.allSatisfy(\.isHexDigit) })
        else {
            throw CommandError.usage(
                "'\(name)' names no flow; write a trace id, or at least \(Self.shortest) of its digits, as `stitch flows` shows them"
            )
        }
        let trace = try await trace(startingWith: prefix)
        let start: FlowAssembler.Start
        if parts.count == 2 {
            start = .span(try await span(startingWith: parts[1], in: trace))
        } else {
            start = .trace(trace)
        }
        let origins = try await store.origins(from: start)
        guard let origin = origins.spans.first(where: { $0.traceID == trace }) ?? origins.spans.first,
            let flow = try await store.flow(from: origin.reference, horizon: horizon)
        else {
            throw CommandError.failure("there is no span of trace \(trace)")
        }
        return Found(
            flow: flow,
            others: origins.spans.filter { $0.reference != origin.reference },
            hasMore: origins.leftOut > 0,
            name: parts.count == 2 ? "span" : "trace"
        )
    }

    private func span(startingWith prefix: String, in trace: TraceID) async throws -> SpanReference {
        let spans = try await store.spans(of: [trace]).filter { $0.spanID.description.hasPrefix(prefix) }
        guard let span = spans.first else {
            throw CommandError.failure("no span of trace \(trace) begins with '\(prefix)'")
        }
        guard spans.count == 1 else {
            throw CommandError.failure(
                "\(spans.count) spans of trace \(trace) begin with '\(prefix)'; write more digits"
            )
        }
        return span.reference
    }

    private func trace(startingWith prefix: String) async throws -> TraceID {
        if prefix.count == 32, let trace = TraceID(prefix) { return trace }
        guard store.searchable.contains(.prefix) else {
            throw CommandError.usage("this store finds traces by whole ids only; write all 32 digits")
        }
        let traces = try await store.traces(withPrefix: prefix, limit: Self.candidates + 1)
        guard let trace = traces.first else { throw CommandError.failure("no trace begins with '\(prefix)'") }
        guard traces.count == 1 else {
            let isAll = traces.count <= Self.candidates
            let count = isAll ? "\(traces.count)" : "more than \(Self.candidates)"
            let some = traces.prefix(Self.candidates).map { "\n  \($0)" }.joined()
            throw CommandError.failure(
                "\(count) traces begin with '\(prefix)'; write more digits:\(some)\(isAll ? "" : "\n  …")"
            )
        }
        return trace
    }
}
