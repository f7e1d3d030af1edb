// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A test's own telemetry, and what else the test asked for: see ``withStitchTest(lint:_:)``.
public final class StitchTest: Sendable {
    /// What the code under test has recorded.
    public let spans = RecordedSpans()

    /// What the code under test has measured.
    public let measurements = RecordedMeasurements()

    private let resources = TestResources()

    init() {}

    /// The flow that a span belongs to.
    ///
    /// Of a span with several origins, that of the first.
    public func flow(of span: SpanData) -> TestFlow {
        let index = SpanIndex(spans.all)
        let flow = index.flow(from: index.origins(of: span).first ?? span)
        return TestFlow(flow: flow, problems: index.problems(of: flow))
    }

    /// Does something when the test has ended, however it ended.
    ///
    /// The last that was asked for is done first.
    public func onFinish(_ cleanUp: @escaping @Sendable () async throws -> Void) {
        resources.add(cleanUp)
    }

    /// What the test has one of under that name: made when it is asked for first.
    ///
    /// - Parameters:
    ///   - name: What it is, such as `PostgresTesting.database`.
    ///   - make: Makes it. Called once; whoever asks meanwhile waits.
    /// - Returns: What was made.
    /// - Throws: What `make` throws, or ``StitchTestError`` when the name stands for something else.
    public func resource<Resource: Sendable>(
        _ name: String,
        _ make: @escaping @Sendable () async throws -> Resource
    ) async throws -> Resource {
        let made = try await resources.value(of: name, make)
        guard let resource = made as? Resource else {
            throw StitchTestError(
                "the test's \(name) is a \(type(of: made)), where a \(Resource.self) was asked for"
            )
        }
        return resource
    }

    func finish() async throws { try await resources.finish() }
}

/// What is wrong with how a test uses the kit.
public struct StitchTestError: Error, Sendable, CustomStringConvertible {
    /// What is wrong and what to change.
    public let description: String

    /// Says what is wrong and what to change.
    package init(_ description: String) { self.description = description }
}
