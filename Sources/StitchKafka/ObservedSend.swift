// SPDX-License-Identifier: Apache-2.0

/// Whoever wants to know what becomes of a record, beside its sender: a span.
///
/// A value with one owner, kept with the record.
package protocol SendObserver: ~Copyable, Sendable {
    /// The report has come; on the client's thread, which should not be kept.
    consuming func reported(_ message: borrowing ReportedMessage)

    /// The record was not taken.
    consuming func refused(_ error: KafkaError, _ record: borrowing KafkaRecord)
}

/// A record on its way with an observer.
///
/// `@unchecked Sendable`: as ``PendingSend``.
package final class ObservedSend<Observer: SendObserver & ~Copyable>: PendingSend, @unchecked Sendable {
    private var observer: Observer?

    /// A record that will be handed over.
    package init(of record: borrowing KafkaRecord, _ observer: consuming Observer) {
        self.observer = consume observer
        super.init(of: record)
    }

    override func observe(_ message: borrowing ReportedMessage) { observer.take()?.reported(message) }

    override func observeRefusal(_ error: KafkaError, _ record: borrowing KafkaRecord) {
        observer.take()?.refused(error, record)
    }
}
