// SPDX-License-Identifier: Apache-2.0

/// `tracestate` (W3C Trace Context Level 2, sections 3.3 and 3.5).
extension PropagationCase {
    static let traceState: [PropagationCase] = relation + lists + members

    private static let relation = [
        PropagationCase(
            "A state comes with its parent",
            parent(),
            state("a=1"),
            expected: .continued("01", state: "a=1")
        ),
        PropagationCase(
            "A state comes before its parent",
            state("a=1"),
            parent(),
            expected: .continued("01", state: "a=1")
        ),
        PropagationCase(
            "A state comes with one that isn't sampled",
            parent(flags: "00"),
            state("a=1"),
            expected: .continued("00", state: "a=1")
        ),
        PropagationCase(
            "A state comes with a later version",
            parent(version: "01", rest: "-x"),
            state("a=1"),
            expected: .continued("01", state: "a=1")
        ),
        PropagationCase("A state comes alone", state("a=1"), expected: .new()),
        PropagationCase("A state comes with a bad parent", parent(version: "ff"), state("a=1"), expected: .new()),
        PropagationCase("A state comes with two parents", parent(), parent(), state("a=1"), expected: .new()),
        PropagationCase(
            "The state's name is in capitals",
            parent(),
            ("TRACESTATE", "a=1"),
            expected: .continued("01", state: "a=1")
        ),
        PropagationCase("The state's name has a hyphen", parent(), ("trace-state", "a=1"), expected: .continued("01")),
        PropagationCase("The state is empty", parent(), state(""), expected: .continued("01")),
        PropagationCase("The state is white space", parent(), state(" \t "), expected: .continued("01")),
    ]

    private static let lists = [
        PropagationCase(
            "Two states are joined in order",
            parent(),
            state("b=2,a=1"),
            state("c=3"),
            expected: .continued("01", state: "b=2,a=1,c=3")
        ),
        PropagationCase(
            "Two states differ in the case of the name",
            parent(),
            ("TraceState", "b=2"),
            state("a=1"),
            expected: .continued("01", state: "b=2,a=1")
        ),
        PropagationCase(
            "An empty state is between two others",
            parent(),
            state("a=1"),
            state(""),
            state("b=2"),
            expected: .continued("01", state: "a=1,b=2")
        ),
        PropagationCase(
            "Members are empty",
            parent(),
            state(",a=1,,b=2,"),
            expected: .continued("01", state: "a=1,b=2")
        ),
        PropagationCase("Nothing but commas", parent(), state(",,"), expected: .continued("01")),
        PropagationCase(
            "White space stands round members",
            parent(),
            state(" a=1\t,\t b=2 "),
            expected: .continued("01", state: "a=1,b=2")
        ),
        PropagationCase(
            "A key comes twice",
            parent(),
            state("a=1,b=2,a=3"),
            expected: .continued("01", state: "a=1,b=2,a=3")
        ),
        PropagationCase("32 members", parent(), state(list(32)), expected: .continued("01", state: list(32))),
        PropagationCase("33 members", parent(), state(list(33)), expected: .continued("01")),
        PropagationCase(
            "33 members in two fields",
            parent(),
            state(list(32)),
            state("z=1"),
            expected: .continued("01")
        ),
        PropagationCase("A bad member spoils the list", parent(), state("a=1,b,c=3"), expected: .continued("01")),
        PropagationCase(
            "A bad second state spoils the first",
            parent(),
            state("a=1"),
            state("b"),
            expected: .continued("01")
        ),
        PropagationCase("More than 512 characters", parent(), state(long), expected: .continued("01", state: long)),
    ]

    private static let members = kept + dropped

    private static let kept = [
        ("letters and digits", "a1=x"), ("a digit first", "1a=x"), ("all that a key may have", "a_-*/z@9=x"),
        ("two at signs", "a@b@c=x"), ("a space within the value", "a=x y"), ("two spaces within the value", "a=x  y"),
        ("all that a value may have", ##"a=!"#$%&'()*+-./09:;<>?@AZ[\]^_`az{|}~"##),
        ("a key of 256", "\(letters(256))=x"), ("a value of 256", "a=\(letters(256))"),
    ].map { name, value in
        PropagationCase("A member with \(name)", parent(), state(value), expected: .continued("01", state: value))
    }

    private static let dropped = [
        ("no key", "=x"), ("no value", "a="), ("no equals sign", "a"), ("two equals signs", "a=b=c"),
        ("a capital in its key", "Ab=x"), ("a dot in its key", "a.b=x"), ("a space after its key", "a =x"),
        ("an at sign first", "@a=x"), ("an underscore first", "_a=x"), ("another alphabet in its value", "a=é"),
        ("a key of 257", "\(letters(257))=x"), ("a value of 257", "a=\(letters(257))"),
        ("a tab in its value", "a=x\ty"),
    ].map { name, value in
        PropagationCase("A member with \(name)", parent(), state(value), expected: .continued("01"))
    }

    private static let long = (0..<8).map { "k\($0)=\(letters(100))" }.joined(separator: ",")

    private static func list(_ count: Int) -> String { (0..<count).map { "k\($0)=\($0)" }.joined(separator: ",") }

    private static func letters(_ count: Int) -> String { String(repeating: "v", count: count) }
}
