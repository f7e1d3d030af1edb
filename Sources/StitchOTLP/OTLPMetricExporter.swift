// SPDX-License-Identifier: Apache-2.0

import StitchService
public import TelemetryData

/// Sends metrics as OTLP requests, by whatever posts them.
///
/// Retries are up to whoever posts: a request that comes back with an answer is not sent again. ``shutdown()`` passes on to
/// it too.
public struct OTLPMetricExporter: MetricExporter {
    /// Posts a request, retries included, and gives the body of the answer.
    ///
    /// - Parameters: The request's bytes, and their media type.
    /// - Throws: Why nobody has taken the request.
    public typealias Post = @Sendable (_ request: [UInt8], _ contentType: String) throws -> [UInt8]

    private let format: OTLPFormat
    private let post: Post
    private let end: @Sendable () -> Void

    /// An exporter.
    ///
    /// - Parameters:
    ///   - format: The encoding.
    ///   - post: Posts a request.
    ///   - end: Ends a post that is under way, and all that come later; may be called on any thread.
    public init(format: OTLPFormat = .protobuf, post: @escaping Post, end: @escaping @Sendable () -> Void = {}) {
        self.format = format
        self.post = post
        self.end = end
    }

    /// Sends a report.
    ///
    /// - Parameter metrics: The report.
    /// - Throws: What the post throws; ``OTLPError`` when the receiver left out some of the points.
    public func export(_ metrics: [MetricData]) throws {
        let answer = try post(OTLPMetrics.encode(metrics, as: format), format.contentType)
        // The request was taken; an answer that can't be read says nothing more.
        guard let response = try? OTLPResponse(answer, as: format), !response.isComplete else { return }
        let points = metrics.reduce(0) { $0 + $1.pointCount }
        let said = Self.quoted(response.errorMessage)
        guard response.rejectedCount > 0 else {
            Diagnostics.log(.warning, "a receiver took \(points) points of metrics, but says: \(said)")
            return
        }
        throw OTLPError(
            .rejected,
            "a receiver left out \(response.rejectedCount) of \(points) points of metrics, for good: \(said)"
        )
    }

    /// Ends a post that is under way.
    public func shutdown() { end() }

    /// What others wrote, fit for a line of a log.
    private static func quoted(_ text: String) -> String {
        let printable = text.unicodeScalars.prefix(300).map { $0.properties.generalCategory == .control ? " " : $0 }
        return String(String.UnicodeScalarView(printable))
    }
}

extension OTLPError.Code {
    /// A receiver took a request, but left out some of what it held; sending that again would not help.
    public static let rejected = Self(description: "rejected")
}
