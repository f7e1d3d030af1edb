// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Synchronization

/// A record on its way, and who waits for its report.
///
/// librdkafka holds one reference from the moment that it takes the record until the report.
///
/// Open to the traced producer alone, which keeps a span with each record: one object for both spares an allocation.
///
/// `@unchecked Sendable`: until the record is handed over it belongs to the sender; then what isn't atomic belongs to the
/// client's thread until it says that the report is there, and doesn't change afterwards.
@_spi(Observing) open class PendingSend: @unchecked Sendable {
    /// What keeps a value alive that isn't copied.
    private let value: KafkaBuffer.Storage?

    /// The one sender that waits from the start.
    private var sender: UnsafeContinuation<Void, Never>?

    /// 0 while nobody waits, the address of those who do, ``isReported`` once there is a report.
    private let waiting = Atomic<UInt>(0)
    private static let isReported: UInt = 1

    /// The report, once there is one.
    private(set) var report = DeliveryReport()

    /// What is needed of the topic once there is a report.
    private(set) var topicName = ""

    /// Who is told of a failure that nobody has looked at.
    private var losses: UndeliveredRecords?
    private let isSeen = Atomic<Bool>(false)
    /// Whether the one whose wait may be cancelled was.
    private let isGivenUp = Atomic<Bool>(false)

    /// A record that will be handed over.
    @_spi(Observing) public init(of record: borrowing KafkaRecord) {
        if case .buffer(let buffer) = record.payload { value = buffer.storage } else { value = nil }
    }

    deinit {
        guard let losses, !isSeen.load(ordering: .relaxed) else { return }
        losses.add(report.error, topicName, behind: report.trouble)
    }

    /// The report has come: before anybody else is told, on the client's thread, which should not be kept.
    @_spi(Observing) open func observe(_ message: borrowing ReportedMessage) {}

    /// The record was not taken.
    @_spi(Observing) open func observeRefusal(_ error: KafkaError, _ record: borrowing KafkaRecord) {}

    /// Says who waits, before the record is handed over; `nil` when it wasn't taken.
    func setSender(_ continuation: UnsafeContinuation<Void, Never>?) { sender = continuation }

    /// The report has come; on the client's thread, once.
    ///
    /// - Parameters:
    ///   - pending: librdkafka's reference.
    ///   - message: The report.
    ///   - losses: Who is told of a failure that nobody looks at.
    static func settle(
        _ pending: consuming PendingSend,
        _ message: borrowing ReportedMessage,
        _ losses: UndeliveredRecords
    ) {
        if let sender = pending.sender {
            pending.sender = nil
            pending.report = DeliveryReport(message)
            sender.resume()
            return
        }
        // Whoever has let go of it can't come back.
        let isLost = !message.isDelivered && losses.isLoss(message.message.pointee.err)
        if isKnownUniquelyReferenced(&pending) {
            if isLost { losses.add(message.message.pointee.err, message.topic, behind: message.trouble) }
            return
        }
        pending.report = DeliveryReport(message)
        pending.topicName = message.topic
        if isLost { pending.losses = losses }
        pending.resumeWaiting()
    }

    // MARK: Waiting for the report

    /// One of those who wait; the next one is retained.
    private final class Waiter {
        let continuation: UnsafeContinuation<Void, Never>
        var next: UInt = 0

        init(_ continuation: UnsafeContinuation<Void, Never>) { self.continuation = continuation }
    }

    /// Waits for the report, in any number of tasks.
    func wait() async {
        while !isReported { await sleep(isCancellable: false) }
        isSeen.store(true, ordering: .relaxed)
    }

    /// Waits for the report, or until the task is cancelled; for one task at most.
    ///
    /// - Returns: Whether there is a report.
    func waitUnlessCancelled() async -> Bool {
        await withTaskCancellationHandler {
            while !isReported, !isGivenUp.load(ordering: .sequentiallyConsistent) { await sleep(isCancellable: true) }
        } onCancel: {
            isGivenUp.store(true, ordering: .sequentiallyConsistent)
            resumeEarly()
        }
        isSeen.store(true, ordering: .relaxed)
        return isReported
    }

    private var isReported: Bool { waiting.load(ordering: .acquiring) == Self.isReported }

    /// Sleeps until there is a report, or somebody has given up.
    private func sleep(isCancellable: Bool) async {
        await withUnsafeContinuation { continuation in
            let waiter = Waiter(continuation)
            // Given back by whoever resumes it.
            let address = UInt(bitPattern: Unmanaged.passRetained(waiter).toOpaque())
            var seen = waiting.load(ordering: .acquiring)
            while seen != Self.isReported {
                waiter.next = seen
                let (exchanged, original) = waiting.compareExchange(
                    expected: seen,
                    desired: address,
                    successOrdering: .sequentiallyConsistent,
                    failureOrdering: .acquiring
                )
                if exchanged {
                    // The one who gives up may have looked for sleepers before this one was there.
                    if isCancellable, isGivenUp.load(ordering: .sequentiallyConsistent) { resumeEarly() }
                    return
                }
                seen = original
            }
            waiter.next = 0
            Self.resume(address)
        }
    }

    /// Has all who sleep look again, without a report.
    private func resumeEarly() {
        var seen = waiting.load(ordering: .sequentiallyConsistent)
        while seen != 0, seen != Self.isReported {
            let (exchanged, original) = waiting.compareExchange(
                expected: seen,
                desired: 0,
                ordering: .sequentiallyConsistent
            )
            if exchanged { return Self.resume(seen) }
            seen = original
        }
    }

    private func resumeWaiting() {
        Self.resume(waiting.exchange(Self.isReported, ordering: .acquiringAndReleasing))
    }

    private static func resume(_ first: UInt) {
        var address = first
        while let pointer = UnsafeRawPointer(bitPattern: address) {
            let waiter = Unmanaged<Waiter>.fromOpaque(pointer).takeRetainedValue()
            address = waiter.next
            waiter.continuation.resume()
        }
    }
}
