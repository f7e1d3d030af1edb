// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import TraceContext

/// How a traced consumer makes its spans.
struct KafkaTracingOptions: Sendable {
    var continuation: ContinuationPolicy
    var baggage: BaggagePolicy
    var external: Bool
}
