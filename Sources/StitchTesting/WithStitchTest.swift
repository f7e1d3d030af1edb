// SPDX-License-Identifier: Apache-2.0

/// Runs a test with a tracer and a meter of its own: ids count from 1, nothing is sampled away, and what was recorded and
/// measured is there to be asked about.
///
/// ```swift
/// try await withStitchTest { test in
///     try await withSpan("POST /orders") { _ in try await place(order) }
///     #expect(test.spans.send("orders").count == 1)
///     #expect(test.measurements.total(of: "messaging.client.sent.messages") == 1)
/// }
/// ```
///
/// Both hold in the closure and in the tasks that it starts; tests may run side by side.
///
/// - Parameters:
///   - lint: What looks at all spans when the test is over, so that it fails where a flow is torn; `nil` for nothing.
///   - body: The test.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws; failing that, what went wrong when the test's resources were given back, or
///   ``StitchTestError`` with what `lint` has found.
@discardableResult
public func withStitchTest<Success>(
    lint: FlowLint? = nil,
    _ body: (StitchTest) async throws -> Success
) async throws -> Success {
    let test = StitchTest()
    let tracer = SDKTracer(
        resource: Resource(attributes: ["service.name": "test"]),
        processor: test.spans,
        ids: SequentialIDGenerator()
    )
    let outcome: Result<Success, any Error>
    do {
        outcome = .success(
            try await withTracer(tracer) { try await withMeter(test.measurements) { try await body(test) } }
        )
    } catch {
        outcome = .failure(error)
    }
    do {
        try await test.finish()
    } catch {
        if case .success = outcome { throw error }
    }
    let success = try outcome.get()
    if let findings = lint?.report(on: test.spans.all).findings, !findings.isEmpty {
        let list = findings.map { "\($0.code): \($0.description)" }.joined(separator: "; ")
        throw StitchTestError("the test's spans are not as they should be: \(list)")
    }
    return success
}
