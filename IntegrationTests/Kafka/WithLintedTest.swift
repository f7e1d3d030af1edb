// SPDX-License-Identifier: Apache-2.0

import StitchTesting
import TelemetryData
import Testing
import TraceFlow

/// What a traced process that was killed may leave behind.
struct KilledProcess {
    /// Its `service.name`: its spans may refer to some that it had not exported.
    var service: String
    /// The topics that it sent to: so may the spans of those who work on its records.
    var topics: Set<String>

    /// Whether a span may lack what it refers to.
    fileprivate func explains(_ span: SpanData) -> Bool {
        if span.resource.attributes["service.name"]?.stringValue == service { return true }
        return topics.contains(span.attributes["messaging.destination.name"]?.stringValue ?? "")
    }
}

/// Runs a traced test as `withStitchTest` does, and then looks at all spans that it left: lint has to find nothing.
///
/// - Parameters:
///   - killed: A process that the test kills: what is missing of its spans is explained, and counted.
///   - body: The test.
/// - Returns: How many spans refer to one that is missing because of that.
/// - Throws: What `body` throws.
@discardableResult
func withLintedTest(killing killed: KilledProcess? = nil, _ body: (StitchTest) async throws -> Void) async throws -> Int
{
    var spans: [SpanData] = []
    try await withStitchTest { test in
        try await body(test)
        spans = test.spans.all
    }
    #expect(!spans.isEmpty, "the test is not traced")
    let byReference = Dictionary(spans.map { ($0.reference, $0) }) { first, _ in first }
    var explained = 0
    for finding in FlowLint().report(on: spans).findings {
        let places = finding.spans.compactMap { byReference[$0] }
        if let killed, finding.code == .danglingLink || finding.code == .orphan, places.allSatisfy(killed.explains) {
            explained += finding.count
            continue
        }
        Issue.record("\(finding.code) at \(finding.count) spans: \(finding.description)")
    }
    return explained
}
