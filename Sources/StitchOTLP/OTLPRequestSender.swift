// SPDX-License-Identifier: Apache-2.0

import StitchService
import Synchronization

/// Sends one OTLP request at a time, again where OTLP allows it, until the deadline; blocks its thread meanwhile.
final class OTLPRequestSender: Sendable {
    let configuration: OTLPHTTPConfiguration
    private let subject: String
    private let transport: any HTTPTransport
    private let clock: any ExportClock
    /// When all ends, by the clock, once the process is about to.
    private let end = Mutex<Duration?>(nil)
    /// Before when the receiver wishes to get nothing, by the clock.
    private let notBefore = Mutex(Duration.zero)

    /// A sender over the network, which connects with its first request.
    convenience init(_ subject: String, _ configuration: OTLPHTTPConfiguration) throws(OTLPError) {
        try configuration.validate()
        let options = CurlOptions(
            certificateAuthority: configuration.certificateAuthority,
            clientCertificate: configuration.clientCertificate,
            clientKey: configuration.clientKey,
            maximumAnswerSize: configuration.maximumAnswerSize
        )
        self.init(
            subject,
            configuration: configuration,
            transport: try CurlClient(options),
            clock: SystemExportClock()
        )
    }

    /// A sender of what errors call `subject`, such as spans.
    init(
        _ subject: String,
        configuration: OTLPHTTPConfiguration,
        transport: any HTTPTransport,
        clock: any ExportClock
    ) {
        self.subject = subject
        self.configuration = configuration
        self.transport = transport
        self.clock = clock
    }

    /// Sends a request, not compressed yet, until a receiver has taken it.
    ///
    /// - Parameter body: The request, in the configuration's encoding.
    /// - Returns: The body of the answer.
    /// - Throws: Why no receiver has taken it; what the request held is lost.
    func send(_ body: [UInt8]) throws(OTLPError) -> [UInt8] {
        guard body.count <= configuration.maximumRequestSize else {
            throw OTLPError(
                .tooLarge,
                "a request of \(body.count) bytes was not sent to \(configuration.displayedEndpoint), because at most "
                    + "\(configuration.maximumRequestSize) are; export fewer \(subject) at a time"
            )
        }
        let request = try post(body)
        let start = clock.elapsed
        var state = RetryState(timeout: configuration.timeout, notBefore: notBefore.withLock { $0 } - start)
        finish(&state, since: start)
        if case .giveUp(let reason) = try wait(state.begin(at: .zero), &state, since: start) {
            throw error(reason, state, nil)
        }
        while true {
            finish(&state, since: start)
            if let reason = state.obstacle(at: clock.elapsed - start) { throw error(reason, state, nil) }
            let outcome = transport.post(request, within: state.remaining(at: clock.elapsed - start))
            finish(&state, since: start)
            let action = state.next(
                outcome.event,
                at: clock.elapsed - start,
                now: clock.secondsSince1970,
                jitter: .random(in: 0...1)
            )
            notBefore.withLock { $0 = max($0, start + state.notBefore) }
            switch try wait(action, &state, since: start) {
            case .done: return outcome.answer?.body ?? []
            case .wait: continue
            case .giveUp(let reason): throw error(reason, state, outcome.answer)
            }
        }
    }

    /// Makes all end within a time, because the process is about to end: what comes is tried, but where there is nobody
    /// it is not tried again.
    func finish(within timeout: Duration) {
        let timeout = max(.zero, min(timeout, EnvironmentReader.noLimit))
        let deadline = clock.elapsed + timeout
        end.withLock { $0 = min($0 ?? deadline, deadline) }
        transport.finish(within: timeout)
        clock.hurry()
    }

    /// Ends what goes on, and all that would come.
    func interrupt() {
        transport.interrupt()
        clock.interrupt()
    }

    private func finish(_ state: inout RetryState, since start: Duration) {
        if let end = end.withLock({ $0 }) { state.finish(by: end - start) }
    }

    /// Waits, if that is what to do; what is to be done after that.
    private func wait(
        _ action: RetryState.Action,
        _ state: inout RetryState,
        since start: Duration
    ) throws(OTLPError) -> RetryState.Action {
        var action = action
        while case .wait(let duration) = action, duration > .zero {
            switch clock.wait(duration, isHasty: !state.isFinishing) {
            case .over: return action
            case .interrupted: throw error(.interrupted, state, nil)
            case .hurried:
                finish(&state, since: start)
                action = state.hurry(at: clock.elapsed - start)
            }
        }
        return action
    }

    private func post(_ body: [UInt8]) throws(OTLPError) -> HTTPPost {
        var fields = configuration.headers
        // Our own fields count, also where somebody set them.
        fields.removeAll { ["content-type", "content-encoding", "content-length"].contains($0.name.lowercased()) }
        if !fields.contains(where: { $0.name.lowercased() == "user-agent" }) {
            fields.append(("User-Agent", "OTel-OTLP-Exporter-Swift/\(StitchVersion.current)"))
        }
        fields.append(("Content-Type", configuration.encoding.format.contentType))
        guard configuration.compression == .gzip else {
            return HTTPPost(url: configuration.endpoint, fields: fields, body: body)
        }
        guard let compressed = GzipStream.compress(body) else {
            throw OTLPError(
                .unavailable,
                "zlib could not compress a request of \(body.count) bytes; is memory used up?"
            )
        }
        fields.append(("Content-Encoding", "gzip"))
        return HTTPPost(url: configuration.endpoint, fields: fields, body: compressed)
    }

    private func error(_ reason: RetryState.Reason, _ state: RetryState, _ answer: HTTPAnswer?) -> OTLPError {
        let endpoint = configuration.displayedEndpoint
        let status = answer.flatMap { try? OTLPStatus($0.body, as: configuration.encoding.format) }
        let said = status.map { $0.message.isEmpty ? "" : ": \(quoted($0.message))" } ?? ""
        return switch reason {
        case .refused(let status):
            OTLPError(.refused, "\(endpoint) refused the \(subject) with status \(status)\(said)")
        case .failed(let why):
            OTLPError(.refused, "\(subject) can't be sent to \(endpoint): \(quoted(why))")
        case .postponed:
            OTLPError(
                .unreachable,
                "\(endpoint) has asked to be left alone for longer than there was time to send the \(subject)"
            )
        case .absent(let why): OTLPError(.unreachable, "\(endpoint) can't be reached: \(quoted(why))")
        case .deadline where state.attempts == 0:
            OTLPError(.unreachable, "no time was left to send the \(subject) to \(endpoint) before the shutdown")
        case .deadline(let last):
            OTLPError(
                .unreachable,
                "\(endpoint) did not take the \(subject) "
                    + (state.isFinishing ? "before the shutdown" : "within \(state.timeout)")
                    + ", in \(state.attempts) attempt\(state.attempts == 1 ? "" : "s"); the last one met "
                    + "\(described(last))\(said)"
            )
        case .interrupted: OTLPError(.shutDown, "the export to \(endpoint) was ended by a shutdown")
        }
    }

    private func described(_ event: RetryState.Event) -> String {
        switch event {
        case .answered(let status, _): "status \(status)"
        case .unconnected(let why), .disconnected(let why), .failed(let why): quoted(why)
        case .timedOut: "silence"
        case .interrupted: "a shutdown"
        }
    }

    /// What others wrote, fit for a line of a log: short, printable, and without the secrets that they were sent.
    func quoted(_ text: String) -> String {
        var text = text
        for header in configuration.headers where !header.value.isEmpty {
            text = text.replacing(header.value, with: "…")
            // Of `Bearer x` the part that is the secret.
            for word in header.value.split(separator: " ") where word.count >= 8 {
                text = text.replacing(word, with: "…")
            }
        }
        let printable = text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
        return String(String.UnicodeScalarView(printable.prefix(300)))
    }
}

extension HTTPOutcome {
    var answer: HTTPAnswer? { if case .answered(let answer) = self { answer } else { nil } }

    var event: RetryState.Event {
        switch self {
        case .answered(let answer):
            .answered(status: answer.status, retryAfter: answer.retryAfter.flatMap { RetryAfter($0) })
        case .unconnected(let why): .unconnected(why)
        case .disconnected(let why): .disconnected(why)
        case .failed(let why): .failed(why)
        case .timedOut: .timedOut
        case .interrupted: .interrupted
        }
    }
}
