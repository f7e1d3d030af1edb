// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// Which spans somebody looks for: those that meet all conditions.
///
/// Texts are compared byte by byte, as whoever sent them wrote them.
public struct SpanQuery: Sendable, Hashable {
    /// A condition on one attribute of the span or of its resource.
    public struct Attribute: Sendable, Hashable {
        /// The attribute's key.
        public var key: String

        /// Its value as text, as `AttributeValue.description` has it; `nil` for any.
        public var value: String?

        /// A condition.
        public init(_ key: String, _ value: String? = nil) {
            self.key = key
            self.value = value
        }
    }

    /// Spans that start at this moment or later.
    public var from: Timestamp?

    /// Spans that start before this moment.
    public var to: Timestamp?

    /// The name of the service that made them.
    public var service: String?

    /// Their name.
    public var name: String?

    /// Whether they failed.
    public var hasError: Bool?

    /// How long they took at least.
    public var minimumDuration: Duration?

    /// How long they took at most.
    public var maximumDuration: Duration?

    /// How long their message waited at least, by `SpanData.wait`.
    public var minimumWait: Duration?

    /// Conditions on attributes.
    public var attributes: [Attribute]

    /// All spans.
    public init(
        from: Timestamp? = nil,
        to: Timestamp? = nil,
        service: String? = nil,
        name: String? = nil,
        hasError: Bool? = nil,
        minimumDuration: Duration? = nil,
        maximumDuration: Duration? = nil,
        minimumWait: Duration? = nil,
        attributes: [Attribute] = []
    ) {
        self.from = from
        self.to = to
        self.service = service
        self.name = name
        self.hasError = hasError
        self.minimumDuration = minimumDuration
        self.maximumDuration = maximumDuration
        self.minimumWait = minimumWait
        self.attributes = attributes
    }

    /// Whether a span meets all conditions.
    public func matches(_ span: SpanData) -> Bool {
        if let from, span.start < from { return false }
        if let to, span.start >= to { return false }
        if let service, !span.resource.serviceName.isWritten(as: service) { return false }
        if let name, !span.name.isWritten(as: name) { return false }
        if let hasError, span.hasError != hasError { return false }
        if let minimumDuration, span.duration < minimumDuration { return false }
        if let maximumDuration, span.duration > maximumDuration { return false }
        if let minimumWait, span.wait < minimumWait { return false }
        return attributes.allSatisfy { condition in
            let value = span.attributes[condition.key] ?? span.resource.attributes[condition.key]
            guard let value else { return false }
            return condition.value.map { value.description.isWritten(as: $0) } ?? true
        }
    }
}

extension SpanData {
    /// Whether it failed.
    public var hasError: Bool { status.isError }

    /// How long what it works on waited before it, in all; zero if it did not, or nobody said.
    ///
    /// Of the messages of a batch it is that one's which waited longest.
    public var wait: Duration {
        links.reduce(MeasuredWait(attributes).duration(until: start)) {
            max($0, MeasuredWait($1.attributes).duration(until: start))
        }
    }
}

extension String {
    /// Whether it has the same bytes, which an index of them can find; letters that only look alike have others.
    fileprivate func isWritten(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
