// SPDX-License-Identifier: Apache-2.0

import TraceContext

/// Legal values of every field, the extremes among them.
enum LegalText {
    /// Extreme ids, and every combination of the flags that are defined.
    static let traceParents = [
        "00-00000000000000000000000000000001-0000000000000001-00",
        "00-00000000000000010000000000000000-8000000000000000-01",
        "00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-02",
        "00-0123456789abcdeffedcba9876543210-0123456789abcdef-03",
    ]

    private static let lowercase = "abcdefghijklmnopqrstuvwxyz0123456789"

    /// Printable ASCII but what separates members, with a space in it but not at the end.
    private static let everyStateByte = text(0x20...0x7e, without: ",=")

    /// By what is special about them.
    static let traceStates: [(String, String)] = [
        ("1 member", "vendor=value"),
        ("2 members", "new=1,old=2"),
        ("32 members", (1...32).map { "vendor\($0)=value\($0)" }.joined(separator: ",")),
        (
            "more than 512 characters",
            (1...20).map { "vendor\($0)=\(String(repeating: "v", count: 40))" }.joined(separator: ",")
        ),
        ("every legal character", "\(lowercase)_-*/@=\(everyStateByte)"),
        ("a tenant", "0tenant@vendor=1"),
        ("the longest key and the longest value", member(of: "k", key: 256, value: 256)),
        ("32 of the longest members", longestTraceState),
    ]

    /// 32 members of the longest key and the longest value.
    static let longestTraceState = (0..<32).map { number in
        member(of: String(Array(lowercase)[number % 32]), key: 256, value: 256)
    }.joined(separator: ",")

    /// Printable ASCII without space and what needs to be percent-coded.
    private static let everyBaggageByte = text(0x21...0x7e, without: "\",;\\%")

    /// By what is special about them.
    static let baggages: [(String, String)] = [
        ("1 member", "user=7"),
        ("properties", "user=7;private;ttl=60;origin=shop,tenant=8"),
        ("percent-coded UTF-8", "city=Troms%C3%B8,flag=%F0%9F%87%B3%F0%9F%87%B4;note=%E2%9C%93,percent=100%25"),
        ("every legal character", "!#$%&'*+-.^_`|~aZ09=\(everyBaggageByte)"),
        ("an empty value and a key that comes twice", "empty=,twice=1,twice=2"),
        ("64 members", (1...64).map { "key\($0)=\($0)" }.joined(separator: ",")),
        ("8192 bytes", longestBaggage),
    ]

    /// As many bytes as there may be.
    static let longestBaggage = "k=" + String(repeating: "v", count: Baggage.maximumByteCount - 2)

    /// Both forms, with and without a decision.
    static let b3: [(String, ContextCarrier)] = {
        typealias Name = B3Propagator.FieldName
        let traceID = "80f198ee56343ba864fe8b2a57d3eff7"
        return [
            ("single, sampled", Sample.carrier([Name.single: Sample.b3])),
            ("single, not sampled", Sample.carrier([Name.single: "\(traceID)-e457b5a2e4d86bd1-0"])),
            ("single, without a decision", Sample.carrier([Name.single: "\(traceID)-e457b5a2e4d86bd1"])),
            ("single, 64-bit trace id", Sample.carrier([Name.single: "64fe8b2a57d3eff7-e457b5a2e4d86bd1-d"])),
            ("single, nothing but a refusal", Sample.carrier([Name.single: "0"])),
            (
                "multiple, sampled",
                Sample.carrier([Name.traceID: traceID, Name.spanID: "e457b5a2e4d86bd1", Name.sampled: "1"])
            ),
            (
                "multiple, not sampled",
                Sample.carrier([Name.traceID: traceID, Name.spanID: "e457b5a2e4d86bd1", Name.sampled: "0"])
            ),
            (
                "multiple, debugging",
                Sample.carrier([Name.traceID: traceID, Name.spanID: "e457b5a2e4d86bd1", Name.flags: "1"])
            ),
            (
                "beside W3C",
                Sample.carrier([ContextCarrier.FieldName.traceParent: Sample.newer, Name.single: Sample.b3])
            ),
        ]
    }()

    private static func member(of letter: String, key: Int, value: Int) -> String {
        String(repeating: letter, count: key) + "=" + String(repeating: "v", count: value)
    }

    private static func text(_ bytes: ClosedRange<UInt8>, without excluded: String) -> String {
        String(decoding: bytes.filter { !excluded.utf8.contains($0) }, as: UTF8.self)
    }
}
