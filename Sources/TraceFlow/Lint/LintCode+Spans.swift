// SPDX-License-Identifier: Apache-2.0

extension LintCode {
    static let spans = [
        unendedSpan, unboundedSpan, highCardinalityName, highCardinalityAttribute, neverCritical,
    ]

    /// A span has no end, or one before its start.
    public static let unendedSpan = LintCode(
        "unended-span",
        .warning,
        means: "A span has no end, or one before its start, so that its length means nothing.",
        from: "It was exported before it ended, or the clock was set back while it ran.",
        remedy: "End every span once, on every way out, and measure its length with a clock that isn't set."
    )

    /// A span is far longer than its kind.
    public static let unboundedSpan = LintCode(
        "unbounded-span",
        .warning,
        means: "A span is far longer than others of its name, or longer than any work is.",
        from:
            "It covers a loop, a stream or a connection rather than a piece of work, or it was forgotten and ended late.",
        remedy: "Make a span for each piece of work, end it with the work, and link where one leads to the next."
    )

    /// There are too many span names.
    public static let highCardinalityName = LintCode(
        "high-cardinality-name",
        .warning,
        means: "A service has so many span names that spans of one kind can't be compared any more.",
        from: "Ids, paths or other values are part of the name.",
        remedy: "Name spans after the kind of work, as the route with its placeholders, and put values into attributes."
    )

    /// There are too many keys of attributes, or values of a key that is meant to have few.
    public static let highCardinalityAttribute = LintCode(
        "high-cardinality-attribute",
        .warning,
        means: "A service has very many keys of attributes, or very many values of a key that by convention has few.",
        from: "Ids are part of keys, or messages and paths stand where a type or a route belongs.",
        remedy: "Keep keys fixed and put what varies into values; put types and routes where the conventions want them."
    )

    /// Spans of a name that never matter.
    public static let neverCritical = LintCode(
        "never-critical",
        .note,
        means: "Spans of this name never fail, lead to nothing and are never on the critical path of a flow.",
        from: "Small helpers have spans of their own.",
        remedy: "Leave the span out, or make an event or an attribute of the span around it."
    )
}
