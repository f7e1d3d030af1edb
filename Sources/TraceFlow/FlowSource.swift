// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// Where spans are looked up to join a flow: a store, a file, a backend.
public protocol FlowSource: Sendable {
    /// All spans of these traces, as far as they are there: each once, in any order.
    func spans(of traces: [TraceID]) async throws -> [SpanData]

    /// The links to spans of these traces, from spans of any trace.
    ///
    /// - Parameters:
    ///   - traces: The traces that are linked to.
    ///   - limit: How many links are given at most, from 1; it need not be exact.
    /// - Returns: The links, and whether there are more.
    /// - Throws: Why they can't be read.
    func backLinks(to traces: [TraceID], limit: Int) async throws -> BackLinks

    /// Brings in what an assembler asks for, until it needs nothing.
    ///
    /// Done unless given; a source that has its spans at hand brings them in without a call for each question.
    ///
    /// - Parameter assembler: What joins the flows.
    /// - Returns: The flows that it joined.
    /// - Throws: Why spans can't be read, and `CancellationError`.
    func flows(_ assembler: FlowAssembler) async throws -> Flows
}

/// Links, found from what they lead to.
public struct BackLinks: Sendable, Hashable {
    /// One of them.
    public struct Link: Sendable, Hashable {
        /// The span that is linked to; it need not be there.
        public var target: SpanReference

        /// The span that has the link.
        public var source: SpanReference

        /// A link.
        public init(target: SpanReference, source: SpanReference) {
            self.target = target
            self.source = source
        }
    }

    /// The links.
    public var links: [Link]

    /// Whether there are more.
    public var isTruncated: Bool

    /// Links.
    public init(_ links: [Link] = [], isTruncated: Bool = false) {
        self.links = links
        self.isTruncated = isTruncated
    }
}
