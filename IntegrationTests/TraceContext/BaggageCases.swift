// SPDX-License-Identifier: Apache-2.0

/// `baggage` (W3C Baggage, section 3).
extension PropagationCase {
    static let baggage: [PropagationCase] = relation + kept + mended

    private static let relation = [
        PropagationCase(
            "Baggage comes with a parent",
            parent(),
            baggage("a=1"),
            expected: .continued("01", baggage: "a=1")
        ),
        PropagationCase(
            "Baggage comes with a parent that isn't sampled",
            parent(flags: "00"),
            baggage("a=1"),
            expected: .continued("00", baggage: "a=1")
        ),
        PropagationCase(
            "Baggage comes with a parent and a state",
            baggage("a=1"),
            state("b=2"),
            parent(),
            expected: .continued("01", state: "b=2", baggage: "a=1")
        ),
        PropagationCase("Baggage comes alone", baggage("a=1"), expected: .new(baggage: "a=1")),
        PropagationCase(
            "Baggage comes with a bad parent",
            parent(version: "ff"),
            baggage("a=1"),
            expected: .new(baggage: "a=1")
        ),
        PropagationCase(
            "Baggage comes with two parents",
            parent(),
            parent(),
            baggage("a=1"),
            expected: .new(baggage: "a=1")
        ),
        PropagationCase(
            "The name is in capitals",
            parent(),
            ("BAGGAGE", "a=1"),
            expected: .continued("01", baggage: "a=1")
        ),
        PropagationCase("The baggage is empty", parent(), baggage(""), expected: .continued("01")),
        PropagationCase(
            "Several fields are joined in order",
            parent(),
            baggage("b=2"),
            ("Baggage", "a=1"),
            baggage("c=3"),
            expected: .continued("01", baggage: "b=2,a=1,c=3")
        ),
    ]

    private static let kept = [
        ("an empty value", "a="), ("equals signs in the value", "a=b=c=="), ("properties", "a=1;p;q=2,b=2;r"),
        ("encoded text", "a=%C3%BC%20%2C%25"), ("a key that comes twice", "a=1,b=2,a=3"),
        ("all that a key may have", "!#$%&'*+-.^_`|~09AZaz=1"), ("64 members", list(64)),
        ("8192 bytes", "a=\(String(repeating: "v", count: 8190))"),
    ].map { name, value in
        PropagationCase("Baggage with \(name)", parent(), baggage(value), expected: .continued("01", baggage: value))
    }

    private static let mended = [
        ("white space", " a = 1\t, b=2 ; p = 3 ", "a=1,b=2;p=3"), ("a key with a space", "a=1,b c=2,d=3", "a=1,d=3"),
        ("a member without a value", "a=1,b,c=3", "a=1,c=3"), ("no key", "=1,b=2", "b=2"),
        ("another alphabet", "a=ü,b=2", "b=2"), ("a member too much", list(65), list(64)),
        ("a byte too much", "a=1,b=\(String(repeating: "v", count: 8187))", "a=1"),
    ].map { name, value, rest in
        PropagationCase("Baggage with \(name)", parent(), baggage(value), expected: .continued("01", baggage: rest))
    }

    private static func list(_ count: Int) -> String { (0..<count).map { "k\($0)=\($0)" }.joined(separator: ",") }
}
