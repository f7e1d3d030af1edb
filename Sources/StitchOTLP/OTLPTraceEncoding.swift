// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData

/// How spans are written for a receiver, and its answers read.
protocol OTLPTraceEncoding: Sendable {
    /// The media type of requests, and of the answers to them.
    var contentType: String { get }

    /// An `ExportTraceServiceRequest`.
    func request(_ batch: SpanBatch) throws(OTLPError) -> [UInt8]

    /// What an `ExportTraceServiceResponse` says; nothing if it can't be read.
    func partialSuccess(_ answer: [UInt8]) -> OTLPPartialSuccess?

    /// The message of the `google.rpc.Status` that explains a refusal; `nil` if it can't be read.
    func refusal(_ answer: [UInt8]) -> String?
}

/// What a receiver has to say about a request that it took.
struct OTLPPartialSuccess: Hashable {
    /// How many spans it left out; with none the message is a warning.
    var rejectedSpanCount: Int
    var message: String
}

/// OTLP's JSON.
struct OTLPJSONTraceEncoding: OTLPTraceEncoding {
    private struct Response: Decodable {
        struct PartialSuccess: Decodable {
            var rejectedSpans: OTLPNumber?
            var errorMessage: String?
        }

        var partialSuccess: PartialSuccess?
    }

    private struct Status: Decodable {
        var message: String?
    }

    let contentType = "application/json"

    func request(_ batch: SpanBatch) throws(OTLPError) -> [UInt8] {
        [UInt8](try OTLPJSONLines.encode(batch.spans))
    }

    func partialSuccess(_ answer: [UInt8]) -> OTLPPartialSuccess? {
        guard let said = try? JSONDecoder().decode(Response.self, from: Data(answer)).partialSuccess else { return nil }
        let count = Int(max(said.rejectedSpans?.value ?? 0, 0))
        let message = said.errorMessage ?? ""
        return count == 0 && message.isEmpty ? nil : OTLPPartialSuccess(rejectedSpanCount: count, message: message)
    }

    func refusal(_ answer: [UInt8]) -> String? {
        (try? JSONDecoder().decode(Status.self, from: Data(answer)))?.message
    }
}
