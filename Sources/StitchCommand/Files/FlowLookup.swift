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

    /// A flow, and how many others the same name fits.
    struct Found {
        let flow: Flow
        let others: [Flow]
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
        let flows: [Flow]
        if parts.count == 2 {
            flows = try await store.flows(of: span(startingWith: parts[1], in: trace), horizon: horizon).flows
        } else {
            flows = try await store.flows(of: trace, horizon: horizon).flows
        }
        guard let flow = flows.first(where: { $0.origin.traceID == trace }) ?? flows.first else {
            throw CommandError.failure("there is no span of trace \(trace)")
        }
        return Found(flow: flow, others: flows.filter { $0.origin.reference != flow.origin.reference })
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
