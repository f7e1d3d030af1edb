// SPDX-License-Identifier: Apache-2.0

import Foundation
import MessageTracing
import StitchPostgres
import StitchService
import TelemetryData
import TraceContext

/// A job that was taken from a worker that no longer gives a sign of life.
struct RescuedJob: Sendable {
    var id: JobID
    var queue: String
    var kind: String
    var target: MessageTarget
    var isDead: Bool
    var worker: String
    /// The attempt that was lost, as far as its ids are known.
    var lost: LostWork?
    /// How long ago it was claimed, and how long ago its lease ran out.
    var begun: Duration
    var over: Duration

    init(_ row: PostgresRow) throws(PostgresError) {
        id = JobID(rawValue: try row.decode("id"))
        queue = try row.decode("queue")
        kind = try row.decode("kind")
        target = .jobs(queue: queue, kind: kind)
        isDead = try row.decode("became", as: String.self) == "dead"
        worker = try row.decode("worker_name")
        begun = .seconds(try row.decode("begun", as: Double.self))
        over = .seconds(try row.decode("over", as: Double.self))
        let context = SpanContext(
            trace: try row.decode("trace_id"),
            span: try row.decode("span_id"),
            flags: try row.decode("flags")
        )
        guard let context else { return }
        let columns = CarrierColumns(
            trace: try row.decode("creation_trace"),
            span: try row.decode("creation_span"),
            flags: try row.decode("creation_flags"),
            state: try row.decode("tracestate"),
            baggage: try row.decode("baggage"),
            others: try row.decode("carrier")
        )
        var message = ReceivedMessage(
            carrier: columns.carrier,
            id: id.description,
            previousAttempt: SpanContext(
                trace: try row.decode("prev_trace"),
                span: try row.decode("prev_span"),
                flags: try row.decode("prev_flags")
            ),
            attributes: [MessagingConventions.Attribute.jobAttempt: .int(try row.decode("attempt", as: Int64.self))]
        )
        message.previousWorker = try row.decode("prev_worker")
        lost = LostWork(message, context, continues: try row.decode("continues"), worker: worker)
    }

    /// Says in the traces what was lost, and what becomes of the job.
    func tell(now: Timestamp = .now) {
        let (start, end) = (now.advanced(by: .zero - begun), now.advanced(by: .zero - over))
        let isTold = lost?.export(from: target, from: start, to: end)
        SettleSpan(
            target,
            messageID: id.description,
            attempt: isTold == true ? lost?.context : nil,
            reason: isDead ? "dead" : "rescue"
        ).end()
        Diagnostics.log(.warning, "Job \(id) was lost with worker \(worker)")
    }
}
