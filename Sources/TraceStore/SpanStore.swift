// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext
public import TraceFlow

/// Where spans are kept, to be found again.
///
/// A span is named by its trace and its own id. Of copies the one that arrived last counts, with the links and attributes
/// of all of them: `SpanData.united(withEarlier:)`. What OTLP can't say of a span is not kept:
/// `SpanData.keepable`.
public protocol SpanStore: FlowSource {
    /// What ``search(_:limit:after:)`` and ``traces(withPrefix:limit:)`` can find by.
    var searchable: Set<SearchCondition> { get }

    /// The spans that meet a query's conditions, those that start last first.
    ///
    /// - Parameters:
    ///   - query: The conditions.
    ///   - limit: How many spans at most, from 1.
    ///   - cursor: Where the page before ended; `nil` for the first.
    /// - Returns: The spans, and where the next page begins.
    /// - Throws: ``StoreError``, `unsupportedSearch` for a condition that is not among ``searchable``.
    func search(_ query: SpanQuery, limit: Int, after cursor: SearchCursor?) async throws -> SearchPage

    /// The traces whose ids begin with some digits, in the order of their ids.
    ///
    /// - Parameters:
    ///   - prefix: Up to 32 hexadecimal digits, of either case; no id begins with anything else.
    ///   - limit: How many traces at most, from 1.
    /// - Returns: Traces of which there are spans, each once.
    /// - Throws: ``StoreError``, `unsupportedSearch` if ``SearchCondition/prefix`` is not among ``searchable``.
    func traces(withPrefix prefix: String, limit: Int) async throws -> [TraceID]

    /// Reads all spans, each once, in batches of bounded size, in an order of the store's own.
    ///
    /// Spans that arrive meanwhile may be among them or not.
    ///
    /// - Parameter body: Takes a batch.
    /// - Throws: ``StoreError``, and what `body` throws, which ends the reading.
    func read(_ body: ([SpanData]) async throws -> Void) async throws
}

/// A store that takes spans.
public protocol WritableSpanStore: SpanStore {
    /// Keeps spans, in any order, again and again.
    ///
    /// When it returns, they outlive the process, unless the store is one in memory. Spans without valid ids are passed
    /// over.
    ///
    /// - Throws: ``StoreError``; then none of them is kept for sure.
    func append(_ spans: [SpanData]) async throws
}

/// What a store can find spans by.
public enum SearchCondition: String, Sendable, Hashable, CaseIterable {
    /// The start.
    case time
    /// The service's name.
    case service
    /// The span's name.
    case name
    /// Whether it failed.
    case error
    /// The duration.
    case duration
    /// The wait.
    case wait
    /// Key, or key and value, of an attribute.
    case attribute
    /// The beginning of the trace's id.
    case prefix
}

/// A page of what was found.
public struct SearchPage: Sendable, Hashable {
    /// The spans, those that start last first; of one start by trace and span id.
    public var spans: [SpanData]

    /// Where the next page begins; `nil` where there is none.
    public var next: SearchCursor?

    /// A page.
    public init(spans: [SpanData], next: SearchCursor? = nil) {
        self.spans = spans
        self.next = next
    }
}

/// Where a page of a search ended.
public struct SearchCursor: Sendable, Hashable {
    /// The start of its last span.
    public var start: Timestamp

    /// Its last span.
    public var reference: SpanReference

    /// A place in the order of a search.
    public init(start: Timestamp, reference: SpanReference) {
        self.start = start
        self.reference = reference
    }
}
