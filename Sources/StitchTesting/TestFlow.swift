// SPDX-License-Identifier: Apache-2.0

/// The flow of a span, to be expected to be whole.
///
/// ```swift
/// let flow = test.flow(of: test.spans.process("orders")[0])
/// #expect(flow.isStitched)
/// ```
///
/// When it is not, the failed expectation shows each hop that broke: the span, its destination and ids, and how.
public struct TestFlow: Sendable, CustomStringConvertible {
    /// The flow.
    public let flow: Flow

    /// What keeps it from being whole.
    public let problems: [FlowProblem]

    /// Whether every hop is joined to what caused it: nothing dangles, nothing is orphaned, each message is linked to its
    /// creation and each retry to the attempt before, and nothing that the flow sent was worked on without its context.
    public var isStitched: Bool { problems.isEmpty }

    /// Which hops broke and how.
    public var description: String {
        let spans = Self.count(flow.spans.count, "span")
        let whole = "flow of \(spans) in \(Self.count(flow.traceIDs.count, "trace")) from \(flow.origin.name)"
        guard !problems.isEmpty else { return "stitched \(whole)" }
        let places = Self.count(problems.count, "place")
        return "\(whole), broken in \(places): \(problems.map(\.description).joined(separator: "; "))"
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
