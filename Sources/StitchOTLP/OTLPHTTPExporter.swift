// SPDX-License-Identifier: Apache-2.0

import StitchService
public import TelemetryData

/// Sends spans to a receiver of OTLP over HTTP, such as OpenTelemetry's collector.
///
/// **Contract.** ``export(_:)`` blocks its thread until the receiver has taken the batch or
/// ``OTLPHTTPConfiguration/timeout`` is over. It sends again after status 429, 502, 503 and 504, not before the server's
/// `Retry-After`, and after a lost connection; after nothing else, as OTLP's specification says. A receiver may so get a
/// span twice. A `Retry-After` holds for the batches that come after too, for 15 minutes at most: each waits for it within
/// its own timeout. ``finish(within:)`` makes exports end soon, ``shutdown()`` at once, from any thread. One export runs at
/// a time; a further one waits.
///
/// Its own requests are never traced.
public final class OTLPHTTPExporter: SpanExporter {
    private let sender: OTLPRequestSender

    /// An exporter; connects with the first export.
    ///
    /// - Parameter configuration: Where spans go, and how.
    /// - Throws: ``OTLPError/Code/invalidConfiguration`` if a setting is wrong.
    public init(_ configuration: OTLPHTTPConfiguration = OTLPHTTPConfiguration()) throws(OTLPError) {
        sender = try OTLPRequestSender("spans", configuration)
    }

    init(_ configuration: OTLPHTTPConfiguration, transport: any HTTPTransport, clock: any ExportClock) {
        sender = OTLPRequestSender("spans", configuration: configuration, transport: transport, clock: clock)
    }

    /// Sends a batch, again where that is allowed.
    ///
    /// - Parameter batch: The spans.
    /// - Throws: ``/TelemetryData/PartialExport`` if the receiver left out some of the spans; ``OTLPError`` if it took
    ///   none: ``OTLPError/Code/refused``, ``OTLPError/Code/unreachable``, ``OTLPError/Code/tooLarge``,
    ///   ``OTLPError/Code/shutDown``.
    public func export(_ batch: SpanBatch) throws {
        let body = OTLP.encode(batch, as: sender.configuration.encoding.format)
        if body.count > Self.usualLimit, batch.count > 1 {
            try exportHalves(of: batch.spans)
        } else {
            try send(body, batch.count)
        }
    }

    /// More bytes are sent as several requests: some receivers take no more at once.
    private static let usualLimit = 4 << 20

    /// One half's refusal is none of the other's; but where nobody can be reached once, it is not tried again.
    private func exportHalves(of spans: [SpanData]) throws {
        let middle = spans.count / 2
        var lost = 0
        var failure: (any Error)?
        for half in [spans[..<middle], spans[middle...]] {
            if let failure, !(failure is PartialExport), (failure as? OTLPError)?.code != .refused {
                lost += half.count
                continue
            }
            do { try export(SpanBatch(Array(half))) } catch {
                lost += (error as? PartialExport)?.lostSpanCount ?? half.count
                failure = failure ?? error
            }
        }
        guard let failure else { return }
        if lost >= spans.count { throw failure }
        throw PartialExport(lostSpanCount: lost, message: (failure as? PartialExport)?.message ?? "\(failure)")
    }

    private func send(_ body: [UInt8], _ count: Int) throws {
        let format = sender.configuration.encoding.format
        let answer = try sender.send(body)
        // An answer that can't be read says nothing against the spans: the status said that they were taken.
        guard let answer = try? OTLPResponse(answer, as: format), !answer.isComplete else { return }
        let message = sender.quoted(answer.errorMessage)
        // A partial success is final: what was left out must not be sent again.
        if answer.rejectedCount > 0 {
            throw PartialExport(
                lostSpanCount: Int(answer.rejectedCount),
                message: "\(sender.configuration.displayedEndpoint) left out \(answer.rejectedCount) of "
                    + "\(count) spans: \(message)"
            )
        }
        Diagnostics.log(.warning, "\(sender.configuration.displayedEndpoint) took the spans, but says: \(message)")
    }

    /// Prepares for the end of the process: what is exported, and what comes, ends within a time.
    ///
    /// Whatever comes is still tried, but where there is nobody to connect to it is not tried again. May be called from
    /// any thread, more than once; the shortest time counts.
    ///
    /// - Parameter timeout: How long it may take in all; after that every export fails at once.
    public func finish(within timeout: Duration) {
        sender.finish(within: timeout)
    }

    /// Ends an export under way, which throws ``OTLPError/Code/shutDown``, as does every later one.
    public func shutdown() {
        sender.interrupt()
    }
}
