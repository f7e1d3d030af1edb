// SPDX-License-Identifier: Apache-2.0

import StitchTesting
import Testing
import TraceContext

@Suite("The carrier suite")
struct CarrierConformanceTests {
    @Test("Fields of HTTP carry a trace")
    func http() async {
        let violations = await CarrierConformance.violations(of: CarrierProbe.http, generated: 2000)
        #expect(violations.isEmpty)
    }

    @Test("Headers of a message carry a trace")
    func message() async {
        let violations = await CarrierConformance.violations(of: CarrierProbe.message, generated: 2000)
        #expect(violations.isEmpty)
    }

    @Test("A user's own dictionary carries a trace")
    func dictionary() async {
        let violations = await CarrierConformance.violations(of: Metadata(), generated: 2000)
        #expect(violations.isEmpty)
    }

    @Test("The same seed makes up the same cases, another seed others")
    func seeds() async {
        var broken = CarrierProbe.message
        broken.reading = { _ in ContextCarrier() }
        func found(_ seed: UInt64) async -> [CarrierViolation] {
            await CarrierConformance.violations(of: broken, seed: seed).filter { $0.name.hasPrefix("made-up") }
        }
        let (first, again, other) = await (found(1), found(1), found(2))
        #expect(first.count == 5)
        #expect(first == again)
        #expect(first.map(\.expected) != other.map(\.expected))
    }

    @Test("A violation says rule, case, what was expected and what was found, and cuts what is long")
    func sentence() async throws {
        var broken = CarrierProbe.message
        broken.writing = { carrier, fields in
            fields += carrier.fields.map { CarrierField($0.name, $0.value) }
        }
        let violations = await CarrierConformance.violations(of: broken, generated: 0)
        let violation = try #require(violations.first { $0.name == "two traceparent of other programs" })
        let newer = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        #expect(
            "\(violation)".hasPrefix(
                "replacement, two traceparent of other programs: expected one field traceparent: \"\(newer)\", found "
                    + "3 fields traceparent: [traceparent: \"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"; "
            )
        )
        #expect(violations.allSatisfy { $0.description.utf8.count < 4000 })
    }

    @Test("A suite that is cancelled does not pass")
    func cancelled() async {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await CarrierConformance.violations(of: Metadata())
        }
        let violations = await task.value
        #expect(violations.contains { $0.rule == .fixture })
    }
}
