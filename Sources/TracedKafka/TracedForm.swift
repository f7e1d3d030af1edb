// SPDX-License-Identifier: Apache-2.0

import StitchKafka

/// In which form a traced consumer gives out records, and which spans go with it.
enum TracedForm {
    case each(RecordHandler.Handle)
    case batches(of: Int, @Sendable ([KafkaConsumedRecord]) async throws -> Void)
    case sequence(pollSpans: Bool)

    /// The handler, within its span.
    func handler(_ tracing: RecordTracing) -> RecordHandler {
        switch self {
        case .each(let handle):
            RecordHandler(Self.each(handle, tracing))
        case .batches(let count, let handle):
            RecordHandler(
                .batches(of: count) { records, attempt in
                    try await tracing.process(records, attempt) { try await handle(records) }
                }
            )
        case .sequence: RecordHandler(.sequence)
        }
    }

    private static func each(_ handle: @escaping RecordHandler.Handle, _ tracing: RecordTracing) -> RecordHandler.Form {
        let handleTry: RecordHandler.HandleTry = { record, attempt in
            try await tracing.process(record, attempt) { try await handle(record) }
        }
        #if DistributedTracingSupport
        return .eachTry(handleTry)
        #else
        return .eachAt({ HandlerPlace(tracing) }, handle, handleTry)
        #endif
    }

    /// What makes the other spans.
    func observer(_ tracing: RecordTracing) -> ConsumerTracing {
        switch self {
        case .each: ConsumerTracing(tracing, makesPollSpans: false, processor: nil)
        case .batches:
            // The batch's span has counted its records.
            ConsumerTracing(
                tracing,
                makesPollSpans: false,
                processor: RecordProcessing(tracing: tracing, delivery: .repeated)
            )
        case .sequence(let makesPollSpans):
            ConsumerTracing(
                tracing,
                makesPollSpans: makesPollSpans,
                processor: RecordProcessing(tracing: tracing, delivery: makesPollSpans ? .received : .first)
            )
        }
    }
}
