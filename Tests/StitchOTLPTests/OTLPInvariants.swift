// SPDX-License-Identifier: Apache-2.0

import StitchOTLP
import TelemetryData

/// What must hold whatever a decoder is given.
///
/// The fuzzer checks it on what it makes up, a test on what it has found.
///
/// The first byte picks the decoder, the others are its input.
enum OTLPInvariants {
    /// What doesn't hold; `nil` when all does.
    static func complaint(about input: [UInt8]) -> String? {
        guard let first = input.first else { return nil }
        let bytes = Array(input.dropFirst())
        let format: OTLPFormat = first & 1 == 0 ? .protobuf : .json
        switch first >> 1 & 3 {
        case 0: return request(bytes, format)
        case 1: return metrics(bytes, format)
        case 2:
            guard let response = try? OTLPResponse(bytes, as: format) else { return nil }
            return (try? OTLPResponse(response.encode(as: format), as: format)) == response
                ? nil : "a response is not written as it was read"
        default:
            guard let status = try? OTLPStatus(bytes, as: format) else { return nil }
            return (try? OTLPStatus(status.encode(as: format), as: format)) == status
                ? nil : "a status is not written as it was read"
        }
    }

    private static func request(_ bytes: [UInt8], _ format: OTLPFormat) -> String? {
        guard let read = try? OTLP.decode(bytes, as: format) else { return nil }
        guard read.spans.allSatisfy({ $0.context.isValid && $0.links.allSatisfy(\.context.isValid) }) else {
            return "a span or a link without valid ids was read"
        }
        for format in OTLPFormat.allCases {
            // Written once they are in the order of their groups, so what is written again must not differ.
            let written = OTLP.encode(read.spans, as: format)
            guard let again = try? OTLP.decode(written, as: format), again.rejectedSpanCount == 0 else {
                return "what was read can't be written and read again"
            }
            guard OTLP.encode(again.spans, as: format) == written else { return "it is not written as it was read" }
        }
        return nil
    }

    private static func metrics(_ bytes: [UInt8], _ format: OTLPFormat) -> String? {
        guard let read = try? OTLPMetrics.decode(bytes, as: format) else { return nil }
        for format in OTLPFormat.allCases {
            let written = OTLPMetrics.encode(read, as: format)
            guard let again = try? OTLPMetrics.decode(written, as: format), again.count == read.count else {
                return "metrics that were read can't be written and read again"
            }
            guard OTLPMetrics.encode(again, as: format) == written else {
                return "metrics are not written as they were read"
            }
        }
        return nil
    }
}
