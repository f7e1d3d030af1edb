// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Synchronization

/// Records that are sent by one call: one sender waits for all of them, and nothing is allocated for each.
///
/// librdkafka holds no reference: the sender does, since it waits until every report is there.
///
/// `@unchecked Sendable`: a slot belongs to the sender until its record is handed over, then to whoever sees to reports until
/// all reports are there.
final class SendGroup: @unchecked Sendable {
    /// Where a record's report goes.
    struct Slot {
        unowned(unsafe) let group: SendGroup
        var report = DeliveryReport()
    }

    /// What tells the address of a slot from that of a `PendingSend`.
    static let mark: UInt = 1

    let records: [KafkaRecord]

    /// When the call began, in nanoseconds of the clock that reports are stamped with.
    private let start: UInt64
    private let slots: UnsafeMutablePointer<Slot>
    private(set) var refusals: [Int: KafkaError] = [:]
    private var sender: UnsafeContinuation<Void, Never>?
    // Records without a report, and one for the sender as long as it hands records over.
    private let missing: Atomic<Int>

    init(of records: [KafkaRecord], at time: UInt64) {
        self.records = records
        start = time
        missing = Atomic(records.count + 1)
        slots = .allocate(capacity: records.count)
        for index in records.indices { (slots + index).initialize(to: Slot(group: self)) }
    }

    deinit {
        slots.deinitialize(count: records.count)
        slots.deallocate()
    }

    /// What librdkafka is given for a record, and brings back with its report.
    func opaque(of index: Int) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(slots + index) + Int(Self.mark)
    }

    /// A record was not taken.
    func refuse(_ index: Int, _ error: KafkaError) {
        refusals[index] = error
        missing.wrappingSubtract(1, ordering: .acquiringAndReleasing)
    }

    /// The report of one record has come; where reports are seen to, once.
    static func settle(_ address: UInt, _ message: borrowing ReportedMessage) {
        guard let slot = UnsafeMutablePointer<Slot>(bitPattern: address & ~mark) else { return }
        let group = slot.pointee.group
        let latency = Int64(clamping: (message.time &- group.start) / 1000)
        slot.pointee.report = DeliveryReport(message, latency: latency)
        group.end()
    }

    /// Waits for what is missing, after all records were handed over, or refused.
    func wait() async {
        await withUnsafeContinuation { continuation in
            sender = continuation
            end()
        }
    }

    private func end() {
        if missing.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 { sender?.resume() }
    }

    /// What became of a record, once all is known.
    func result(of index: Int) -> Result<KafkaDelivery, KafkaError> {
        if let error = refusals[index] { return .failure(error) }
        do throws(KafkaError) {
            return .success(try slots[index].report.delivery(to: records[index].topic))
        } catch {
            return .failure(error)
        }
    }

    /// Whether a record was delivered, once all is known.
    func isDelivered(_ index: Int) -> Bool { refusals[index] == nil && slots[index].report.isDelivered }
}
