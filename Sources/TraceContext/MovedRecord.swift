// SPDX-License-Identifier: Apache-2.0

/// What a record in a retry or dead topic says about how it got there: the `stitch-…` fields, beside the carrier that it
/// was created with.
///
/// The format, version 1: `stitch-attempt`, how often it was tried; `stitch-previous`, the failed attempt as
/// `{trace id}-{span id}`; `stitch-reason`, a code of low cardinality; `stitch-error`, the name of the error's type;
/// `stitch-due`, when it is to be tried again, in ms since 1970; `stitch-source`, where it was first, as
/// `{topic}/{partition}/{offset}/{timestamp in ms}`, the timestamp -1 where there is none; `stitch-target`, the topic that it
/// was moved to, which tells it from a record that has only got a copy of its headers; `stitch-redriven`, how often it had
/// been tried when somebody moved it out of a dead topic.
public struct MovedRecord: Hashable, Sendable {
    /// A place in a topic.
    public struct Source: Hashable, Sendable, CustomStringConvertible {
        /// The topic.
        public var topic: String

        /// The partition.
        public var partition: Int32

        /// The offset.
        public var offset: Int64

        /// The record's timestamp there, in milliseconds since 1970; -1 for none.
        public var timestamp: Int64

        /// A place in a topic.
        public init(topic: String, partition: Int32, offset: Int64, timestamp: Int64) {
            self.topic = topic
            self.partition = partition
            self.offset = offset
            self.timestamp = timestamp
        }

        init?(_ text: String) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 4, !parts[0].isEmpty, let partition = Int32(parts[1]), let offset = Int64(parts[2]),
                let timestamp = Int64(parts[3])
            else { return nil }
            self.init(topic: String(parts[0]), partition: partition, offset: offset, timestamp: timestamp)
        }

        /// `{topic}/{partition}/{offset}/{timestamp}`; a topic has no slash in its name.
        public var description: String { "\(topic)/\(partition)/\(offset)/\(timestamp)" }
    }

    /// The fields' names.
    public enum FieldName {
        /// How often the record was tried.
        public static let attempt = "stitch-attempt"
        /// The attempt that failed last.
        public static let previous = "stitch-previous"
        /// Why it was moved.
        public static let reason = "stitch-reason"
        /// What kind of error the last attempt ended with.
        public static let errorType = "stitch-error"
        /// When it is to be tried again.
        public static let due = "stitch-due"
        /// Where it was first.
        public static let source = "stitch-source"
        /// Where it was moved to.
        public static let target = "stitch-target"
        /// How often it had been tried when it was redriven.
        public static let redriven = "stitch-redriven"
        /// All of them.
        public static let all = [attempt, previous, reason, errorType, due, source, target, redriven]
    }

    /// How often the record was tried, from 1.
    public var attempt: Int

    /// The attempt that failed last, if it left a span.
    public var previous: SpanContext?

    /// Why it was moved, as a code of low cardinality.
    public var reason: String

    /// What kind of error the last attempt ended with, if that is known.
    public var errorType: String?

    /// When it is to be tried again, in milliseconds since 1970; `nil` where nobody waits for that.
    public var due: Int64?

    /// Where it was first.
    public var source: Source

    /// The topic that it was moved to; `nil` where that isn't known.
    public var target: String?

    /// How often it had been tried when it was last redriven, which gave it all its tries again; `nil` if it never was.
    public var redriven: Int?

    /// What a moved record says.
    public init(
        attempt: Int,
        previous: SpanContext?,
        reason: String,
        errorType: String? = nil,
        due: Int64? = nil,
        source: Source,
        target: String? = nil,
        redriven: Int? = nil
    ) {
        self.attempt = attempt
        self.previous = previous
        self.reason = reason
        self.errorType = errorType
        self.due = due
        self.source = source
        self.target = target
        self.redriven = redriven
    }

    /// Reads the fields of a record; `nil` if it was not moved, or its fields can't be read.
    ///
    /// - Parameter field: Gives the value of a field by its name.
    public init?(_ field: (String) -> String?) {
        guard let attempt = field(FieldName.attempt).flatMap({ Int($0) }), attempt > 0,
            let source = field(FieldName.source).flatMap({ Source($0) })
        else { return nil }
        self.init(
            attempt: attempt,
            previous: field(FieldName.previous).flatMap(Self.context),
            reason: String((field(FieldName.reason) ?? "").prefix(Self.longestReason)),
            errorType: field(FieldName.errorType).map { String($0.prefix(Self.longestReason)) },
            due: field(FieldName.due).flatMap { Int64($0) },
            source: source,
            target: field(FieldName.target),
            redriven: field(FieldName.redriven).flatMap { Int($0) }.flatMap { (1...attempt).contains($0) ? $0 : nil }
        )
    }

    /// The fields, to replace those that the record has under the same names.
    public var fields: [(name: String, value: String)] {
        var fields = [(name: FieldName.attempt, value: String(attempt))]
        if let previous { fields.append((FieldName.previous, "\(previous.traceID)-\(previous.spanID)")) }
        fields.append((FieldName.reason, reason))
        if let errorType { fields.append((FieldName.errorType, errorType)) }
        if let due { fields.append((FieldName.due, String(due))) }
        fields.append((FieldName.source, source.description))
        if let target { fields.append((FieldName.target, target)) }
        if let redriven { fields.append((FieldName.redriven, String(redriven))) }
        return fields
    }

    /// Whether the fields are those of a record in that topic, rather than a copy of another's.
    ///
    /// One that says where it was moved to is that record there alone; one that doesn't is, in its first topic and in
    /// those that are named after that.
    package func isOwn(in topic: String) -> Bool {
        target.map { $0 == topic } ?? (source.topic == topic || topic.hasPrefix("\(source.topic)."))
    }

    /// How often the record has been tried since it was last redriven, or ever.
    package var attemptSinceRedrive: Int { attempt - (redriven ?? 0) }

    /// How often a record was tried after further tries.
    ///
    /// - Parameters:
    ///   - before: How often before, which may be any number: a header said it.
    ///   - further: How often since.
    /// - Returns: The sum, as far as there are numbers.
    package static func attempts(_ before: Int, and further: Int) -> Int {
        let (sum, overflow) = before.addingReportingOverflow(further)
        return overflow ? .max : sum
    }

    private static let longestReason = 128

    private static func context(_ text: String) -> SpanContext? {
        let parts = text.split(separator: "-")
        guard parts.count == 2, let traceID = TraceID(String(parts[0])), let spanID = SpanID(String(parts[1])) else {
            return nil
        }
        return SpanContext(traceID: traceID, spanID: spanID, isRemote: true)
    }
}
