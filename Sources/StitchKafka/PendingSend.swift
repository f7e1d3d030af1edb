// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
import CStitchRdkafka
import Synchronization

/// A record on its way, and who waits for its report; where nobody has kept it, then another record (decision 0021).
///
/// librdkafka holds one reference from the moment that it takes the record until the report.
///
/// Open to the traced producer alone, which keeps a span with each record: one object for both spares an allocation.
///
/// `@unchecked Sendable`: until the record is handed over it belongs to the sender; then what isn't atomic belongs to the
/// whoever sees to its report until that says that it is there, and doesn't change afterwards, unless nobody refers to it but the
/// `SendPool`.
@_spi(Observing) open class PendingSend: @unchecked Sendable {
    /// What keeps a value alive that isn't copied.
    private var value: KafkaBuffer.Storage?

    /// The one sender that waits from the start; librdkafka's reference is given over to it with the report.
    private(set) var sender: UnsafeContinuation<Void, Never>?
    /// Whether it is a `LoneSender`, which may be called before it has its report.
    private(set) var isAlone = false
    /// When it began to: nanoseconds of `CLOCK_MONOTONIC`.
    private var start: UInt64 = 0

    /// Who asks for the report later, or never.
    private let waiters = ReportWaiters()

    /// Whether it is kept for another record as soon as nobody refers to it.
    let isReusable: Bool
    /// The next of those that are kept.
    var next: UInt = 0

    /// Headers that are kept with it.
    var reused = ReusedHeaders()

    /// The report, once there is one.
    // Unchecked: who waits for it looks at it when nobody writes any more.
    @exclusivity(unchecked) private(set) var report = DeliveryReport()

    /// What is needed of the topic once there is a report.
    private(set) var topicName = ""

    /// Who is told of a failure that nobody has looked at.
    private var losses: UndeliveredRecords?
    private let isSeen = Atomic<Bool>(false)

    /// A record that will be handed over.
    @_spi(Observing) public init(of record: borrowing KafkaRecord) {
        isReusable = false
        keepValue(of: record)
    }

    /// Stands for one record after the other; for `SendPool`.
    @_spi(Observing) public init() { isReusable = true }

    /// Keeps a record's value for as long as librdkafka needs it.
    @inline(__always)
    @_spi(Observing) public final func keepValue(of record: borrowing KafkaRecord) {
        if case .buffer(let buffer) = record.payload { value = buffer.storage }
    }

    deinit {
        destroyHeaders()
        guard let losses, !isSeen.load(ordering: .relaxed) else { return }
        losses.add(report.error, topicName, behind: report.trouble)
    }

    /// The report has come: before anybody else is told, where reports are seen to, which should not be kept.
    @_spi(Observing) open func observe(_ message: borrowing ReportedMessage) {}

    /// The record was not taken.
    @_spi(Observing) open func observeRefusal(_ error: KafkaError, _ record: borrowing KafkaRecord) {}

    /// Somebody waits for the report of a record that is about to be handed over, `alone` as a `LoneSender`.
    func wait(with continuation: UnsafeContinuation<Void, Never>, alone: Bool) {
        start = stitch_monotonic_time()
        isAlone = alone
        sender = continuation
    }

    /// Nobody does: the record wasn't taken.
    func waitNoMore() {
        sender = nil
        isAlone = false
    }

    /// The report has come; where reports are seen to, once.
    ///
    /// - Parameters:
    ///   - reference: librdkafka's.
    ///   - message: The report.
    ///   - loop: Whose record it is.
    ///   - spent: Takes it, if nobody else refers to it.
    static func settle(
        _ reference: Unmanaged<PendingSend>,
        _ message: borrowing ReportedMessage,
        _ loop: DeliveryLoop,
        _ spent: inout SpentSends
    ) {
        if reference._withUnsafeGuaranteedRef({ $0.isAlone }), !loop.lone.leaves(reference) {
            return reference._withUnsafeGuaranteedRef { $0.answerCalled(message) }
        }
        // Whoever is resumed has the reference from then on.
        if let sender = reference._withUnsafeGuaranteedRef({ $0.answer(message) }) { return sender.resume() }
        var pending = reference.takeRetainedValue()
        let losses = loop.losses
        // Whoever has let go of it can't come back.
        let isLost = !message.isDelivered && losses.isLoss(message.message.pointee.err)
        if isKnownUniquelyReferenced(&pending) {
            if isLost { losses.add(message.message.pointee.err, message.topic, behind: message.trouble) }
            if pending.isReusable {
                pending.retrieveHeaders(from: message)
                spent.add(.passRetained(pending))
            }
            return
        }
        pending.report = DeliveryReport(message)
        pending.topicName = message.topic
        if isLost { pending.losses = losses }
        pending.waiters.resume()
    }

    /// Tells who watches, and keeps the report for the one who waits from the start.
    ///
    /// - Returns: Who is to be resumed then; `nil` where the report isn't kept yet.
    @inline(__always)
    private func answer(_ message: borrowing ReportedMessage) -> UnsafeContinuation<Void, Never>? {
        observe(message)
        if value != nil { value = nil }
        guard let sender else { return nil }
        self.sender = nil
        isAlone = false
        keep(message)
        return sender
    }

    /// The same where the sender was called, and is going to look.
    private func answerCalled(_ message: borrowing ReportedMessage) {
        observe(message)
        value = nil
        keep(message)
        // From then on it may be the sender's alone.
        waiters.resume()
    }

    @inline(__always)
    private func keep(_ message: borrowing ReportedMessage) {
        report = DeliveryReport(message, latency: Int64(clamping: (message.time &- min(start, message.time)) / 1000))
        if isReusable { retrieveHeaders(from: message) }
    }

    // MARK: For a sender that was called

    /// Whether the report is there.
    var isAnswered: Bool { waiters.isReported }

    /// Waits for the report.
    func waitCalled() async { await waiters.wait() }

    /// The report is there, and what stands for the record may stand for another.
    func endCall() {
        sender = nil
        isAlone = false
        waiters.reset()
    }

    /// Waits for the report, in any number of tasks.
    func wait() async {
        await waiters.wait()
        isSeen.store(true, ordering: .relaxed)
    }

    /// Waits for the report, or until the task is cancelled; for one task at most.
    ///
    /// - Returns: Whether there is a report.
    func waitUnlessCancelled() async -> Bool {
        let isReported = await withTaskCancellationHandler {
            await waiters.waitUnlessCancelled()
        } onCancel: {
            waiters.giveUp()
        }
        isSeen.store(true, ordering: .relaxed)
        return isReported
    }
}
