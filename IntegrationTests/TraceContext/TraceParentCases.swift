// SPDX-License-Identifier: Apache-2.0

/// `traceparent` (W3C Trace Context Level 2, sections 3.2 and 3.4).
extension PropagationCase {
    private typealias Sent = CarriedContext

    static let traceParent: [PropagationCase] = names + repetitions + versions + ids + flags

    private static let names = [
        PropagationCase("Nothing comes in", expected: .new()),
        PropagationCase("A parent comes in", parent(), expected: .continued("01")),
        PropagationCase("The name is in capitals", ("TRACEPARENT", parent().1), expected: .continued("01")),
        PropagationCase("The name is in mixed case", ("tRaCeParenT", parent().1), expected: .continued("01")),
        PropagationCase("The name has a hyphen", ("trace-parent", parent().1), expected: .new()),
        PropagationCase("The name has an underscore", ("trace_parent", parent().1), expected: .new()),
        PropagationCase("Spaces stand before it", ("traceparent", "   \(parent().1)"), expected: .continued("01")),
        PropagationCase("A tab stands before it", ("traceparent", "\t\(parent().1)"), expected: .continued("01")),
        PropagationCase("Spaces stand after it", parent(rest: "  "), expected: .continued("01")),
        PropagationCase("A tab stands after it", parent(rest: "\t"), expected: .continued("01")),
    ]

    private static let repetitions = [
        PropagationCase("Two parents differ", parent(), parent(span: "00f1e2d3c4b5a697"), expected: .new()),
        PropagationCase("Two parents are the same", parent(), parent(), expected: .new()),
        PropagationCase(
            "Two parents differ in the case of the name",
            parent(),
            ("TraceParent", parent().1),
            expected: .new()
        ),
        PropagationCase("The second of two parents is garbage", parent(), ("traceparent", "x"), expected: .new()),
        PropagationCase("The first of two parents is empty", ("traceparent", ""), parent(), expected: .new()),
        PropagationCase("Two parents are in one field", parent(rest: ",\(parent().1)"), expected: .new()),
        PropagationCase("The parent is empty", ("traceparent", ""), expected: .new()),
    ]

    private static let versions = [
        PropagationCase("A later version", parent(version: "01"), expected: .continued("01")),
        PropagationCase("The last version", parent(version: "fe"), expected: .continued("01")),
        PropagationCase(
            "A later version goes on",
            parent(version: "5a", rest: "-more.of_it"),
            expected: .continued("01")
        ),
        PropagationCase(
            "A later version ends with a hyphen",
            parent(version: "01", rest: "-"),
            expected: .continued("01")
        ),
        PropagationCase("A later version goes on without a hyphen", parent(version: "01", rest: "0"), expected: .new()),
        PropagationCase("A later version goes on with a dot", parent(version: "01", rest: ".more"), expected: .new()),
        PropagationCase(
            "A later version has flags of its own",
            parent(version: "01", flags: "ff"),
            expected: .continued("03")
        ),
        PropagationCase("A later version is too short", parent(version: "01", flags: "1"), expected: .new()),
        PropagationCase("A later version has no trace", parent(version: "01", trace: zeros(32)), expected: .new()),
        PropagationCase("Version 00 goes on", parent(rest: "-more"), expected: .new()),
        PropagationCase("Version 00 ends with a hyphen", parent(rest: "-"), expected: .new()),
        PropagationCase("Version ff", parent(version: "ff"), expected: .new()),
        PropagationCase("A version in capitals", parent(version: "0A"), expected: .new()),
        PropagationCase("A version that is no number", parent(version: "0x"), expected: .new()),
        PropagationCase("A version of one digit", parent(version: "0"), expected: .new()),
        PropagationCase("A version of three digits", parent(version: "000"), expected: .new()),
        PropagationCase("No version", ("traceparent", String(parent().1.dropFirst(3))), expected: .new()),
    ]

    private static let ids = [
        PropagationCase("A trace id of zeros", parent(trace: zeros(32)), expected: .new()),
        PropagationCase("A trace id in capitals", parent(trace: Sent.sentTrace.uppercased()), expected: .new()),
        PropagationCase(
            "A trace id with another letter",
            parent(trace: "g" + Sent.sentTrace.dropFirst()),
            expected: .new()
        ),
        PropagationCase("A short trace id", parent(trace: String(Sent.sentTrace.dropLast())), expected: .new()),
        PropagationCase("A long trace id", parent(trace: Sent.sentTrace + "0"), expected: .new()),
        PropagationCase("A trace id of 64 bits", parent(trace: String(Sent.sentTrace.suffix(16))), expected: .new()),
        PropagationCase(
            "A trace id whose upper half is zero",
            parent(trace: zeros(16) + "a1f00c9e5b6d2471"),
            expected: CarriedContext(trace: .new, flags: "01")
        ),
        PropagationCase("A parent id of zeros", parent(span: zeros(16)), expected: .new()),
        PropagationCase("A parent id in capitals", parent(span: Sent.sentSpan.uppercased()), expected: .new()),
        PropagationCase(
            "A parent id with another letter",
            parent(span: Sent.sentSpan.dropLast() + "h"),
            expected: .new()
        ),
        PropagationCase("A short parent id", parent(span: String(Sent.sentSpan.dropLast())), expected: .new()),
        PropagationCase("A long parent id", parent(span: Sent.sentSpan + "0"), expected: .new()),
        PropagationCase(
            "Other separators",
            ("traceparent", parent().1.replacing("-", with: "_")),
            expected: .new()
        ),
    ]

    private static let flags = [
        PropagationCase("Not sampled stays not sampled", parent(flags: "00"), expected: .continued("00")),
        PropagationCase("A random id stays one", parent(flags: "03"), expected: .continued("03")),
        PropagationCase("A random id stays one without being sampled", parent(flags: "02"), expected: .continued("02")),
        PropagationCase("All flags: those that nobody knows go", parent(flags: "ff"), expected: .continued("03")),
        PropagationCase("Unknown flags alone go", parent(flags: "fc"), expected: .continued("00")),
        PropagationCase("One unknown flag beside a known one goes", parent(flags: "09"), expected: .continued("01")),
        PropagationCase("Flags in capitals", parent(flags: "0F"), expected: .new()),
        PropagationCase("Flags that are no number", parent(flags: "0."), expected: .new()),
        PropagationCase("Flags of one digit", parent(flags: "1"), expected: .new()),
        PropagationCase("Flags of three digits", parent(flags: "001"), expected: .new()),
        PropagationCase("No flags", ("traceparent", String(parent().1.dropLast(3))), expected: .new()),
    ]

    private static func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }
}
