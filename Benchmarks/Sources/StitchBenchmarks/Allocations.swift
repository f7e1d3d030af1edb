// SPDX-License-Identifier: Apache-2.0

import CAllocationCounter

/// Counts allocations: every call of `malloc` and its kin, in all threads, whether or not the memory is given back.
///
/// Memory in use before and after would not show what is allocated and freed at once, so the calls themselves are counted
/// (`CAllocationCounter` says how).
enum Allocations {
    /// The counter does not see what it must see: the figures would be lies.
    struct CounterIsBlind: Error {}

    private final class Probe {}

    /// How many allocations one execution makes.
    ///
    /// - Parameters:
    ///   - executions: How often to do it. What is allocated once for all of them makes no difference if there are many.
    ///   - rounding: How the mean becomes a whole number. Up, 0 means that there was not a single allocation; to the
    ///     nearest, what hundreds of executions share, as a batch of spans does on its way out, is none of each.
    ///   - body: Does its work as often as it is told.
    /// - Returns: The mean, rounded.
    /// - Throws: ``CounterIsBlind``, and what the work throws.
    static func perExecution(
        executions: Int = 100_000,
        rounding: FloatingPointRoundingRule = .up,
        of body: (_ count: Int) throws -> Void
    ) throws -> Double {
        try checkSight()
        // What is made ready once, such as metadata of generic types, is not of the work.
        try body(1)
        let total = try count { try body(executions) }
        return (Double(total) / Double(executions)).rounded(rounding)
    }

    /// The same for asynchronous work.
    ///
    /// Whatever else the process does at the same time is counted too.
    static func perExecution(
        executions: Int = 1000,
        of body: (_ count: Int) async throws -> Void
    ) async throws -> Double {
        try checkSight()
        try await body(1)
        stitch_allocations_start()
        defer { _ = stitch_allocations_stop() }
        try await body(executions)
        return (Double(stitch_allocations_stop()) / Double(executions)).rounded(.up)
    }

    private static func count(_ body: () throws -> Void) rethrows -> UInt64 {
        stitch_allocations_start()
        defer { _ = stitch_allocations_stop() }
        try body()
        return stitch_allocations_stop()
    }

    /// A hundred objects are a hundred allocations, and nothing is none.
    private static func checkSight() throws {
        let none = count {}
        let hundred = count { for _ in 0..<100 { blackHole(opaque(Probe())) } }
        guard none == 0, hundred == 100 else { throw CounterIsBlind() }
    }
}
