// SPDX-License-Identifier: Apache-2.0

import StitchOTLP
import TelemetryData

/// How many spans a core turns into OTLP and back, in batches of 512, envelope included.
///
/// The naive twins do the same in JSON by way of `Codable`, as a first exporter would.
enum OTLPBenchmarks: BenchmarkGroup {
    static let name = "otlp"

    private struct Disagreement: Error {}
    private static let batch = 512

    static func run() async throws -> [Figure] {
        let spans = (0..<batch).map(OTLPSample.span)
        let bytes = OTLP.encode(spans)
        let naive = NaiveOTLP(spans)
        let text = try naive.encoded()
        // A comparison of two that do not do the same would be worth nothing.
        guard try OTLP.decode(bytes).spans == spans, try OTLP.decode(text, as: .json).spans == spans,
            try NaiveOTLP.decoded(text).spans == spans
        else { throw Disagreement() }

        let encoding = await Contest(entries: [
            .init(name: "otlp.encode") { count in
                for _ in 0..<count { blackHole(OTLP.encode(opaque(spans))) }
            },
            .init(name: "otlp.encode_naive") { count in
                for _ in 0..<count { blackHole(try? NaiveOTLP(opaque(spans)).encoded()) }
            },
            .init(name: "otlp.encode_json") { count in
                for _ in 0..<count { blackHole(OTLP.encode(opaque(spans), as: .json)) }
            },
        ]).run()
        let decoding = await Contest(entries: [
            .init(name: "otlp.decode") { count in
                for _ in 0..<count { blackHole(try? OTLP.decode(opaque(bytes))) }
            },
            .init(name: "otlp.decode_naive") { count in
                for _ in 0..<count { blackHole(try? NaiveOTLP.decoded(opaque(text)).spans) }
            },
            .init(name: "otlp.decode_json") { count in
                for _ in 0..<count { blackHole(try? OTLP.decode(opaque(text), as: .json)) }
            },
        ]).run()
        return (encoding + decoding).map(perSecond) + [
            Figure(name: "otlp.bytes_per_span", value: Double(bytes.count) / Double(batch), unit: .bytes),
            Figure(name: "otlp.bytes_per_span_naive", value: Double(text.count) / Double(batch), unit: .bytes),
        ]
    }

    /// Spans per second from the nanoseconds that a batch takes.
    private static func perSecond(_ figure: Figure) -> Figure {
        Figure(name: figure.name, value: Double(batch) / figure.value * 1e9, unit: .perSecond)
    }
}
