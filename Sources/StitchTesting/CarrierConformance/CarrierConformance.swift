// SPDX-License-Identifier: Apache-2.0

import TraceContext

/// One suite for everything that carries a ``/TraceContext/ContextCarrier``: HTTP fields, message headers, rows, and what
/// you make yourself.
///
/// ```swift
/// @Test("Envelopes carry a trace") func envelopes() async {
///     let violations = await CarrierConformance.violations(of: Envelopes())
///     #expect(violations.isEmpty)
/// }
/// ```
///
/// It writes and reads every legal context (flags, trace state, baggage, B3, the `stitch` field), writes over what other
/// programs left, and reads what no program should have written: duplicates, garbage, megabytes, versions to come. Then it
/// does the same with cases that it makes up, the same ones in every run.
public enum CarrierConformance {
    /// Runs the suite.
    ///
    /// When the task is cancelled, the rest is not run, and that is a violation too.
    ///
    /// - Parameters:
    ///   - fixture: What carries.
    ///   - generated: How many cases to make up beside the written ones, half of them for writing, half for reading.
    ///   - seed: Which ones: the same number makes the same cases.
    /// - Returns: What is wrong, one violation for each case that failed; empty if nothing is.
    public static func violations(
        of fixture: some CarrierFixture,
        generated: Int = 200,
        seed: UInt64 = 1
    ) async -> [CarrierViolation] {
        var violations: [CarrierViolation] = []
        for instance in CarrierCase.written(for: fixture.kind) {
            if let violation = await run(instance, fixture) { violations.append(violation) }
        }
        // Made-up cases that fail mostly fail for one reason.
        var remaining = 5
        for instance in CarrierCase.generated(generated, seed: seed, for: fixture.kind) where remaining > 0 {
            guard let violation = await run(instance, fixture) else { continue }
            violations.append(violation)
            remaining -= 1
        }
        return violations
    }

    /// Runs one case; `nil` if it went well.
    private static func run<Fixture: CarrierFixture>(
        _ instance: CarrierCase,
        _ fixture: Fixture
    ) async -> CarrierViolation? {
        func violation(_ expected: String, _ found: String, rule: CarrierViolation.Rule) -> CarrierViolation {
            CarrierViolation(rule: rule, name: instance.name, expected: expected, found: found)
        }
        guard !Task.isCancelled else {
            return violation("the suite to be run", "that it was cancelled", rule: .fixture)
        }
        do {
            guard var message = try await fixture.message(holding: instance.holding) else {
                guard !instance.mayBeRefused else { return nil }
                return violation("a message that holds \(Excerpt.of(instance.holding))", "none", rule: .fixture)
            }
            let before = try await fixture.fields(of: message)
            if fixture.kind != .row, before != instance.holding {
                let held = "a message that holds \(Excerpt.of(instance.holding))"
                return violation(held, Excerpt.of(before), rule: .fixture)
            }
            for carrier in instance.writing {
                do { try await fixture.write(carrier, to: &message) } catch {
                    return violation("a carrier to be written", "that it threw \(error)", rule: instance.rule)
                }
            }
            let after = try await fixture.fields(of: message)
            let carrier: ContextCarrier
            do { carrier = try await fixture.carrier(of: message) } catch {
                let found = "that reading \(Excerpt.of(after)) threw \(error)"
                return violation("a carrier, whatever the message holds", found, rule: instance.rule)
            }
            let outcome = CarrierOutcome(kind: fixture.kind, before: before, after: after, carrier: carrier)
            for expectation in instance.expecting {
                guard let mismatch = expectation.mismatch(in: outcome) else { continue }
                return violation(mismatch.expected, mismatch.found, rule: instance.rule)
            }
            return nil
        } catch {
            return violation("the fixture to make and show messages", "that it threw \(error)", rule: .fixture)
        }
    }
}
