// SPDX-License-Identifier: Apache-2.0

/// A record that is ready to be handed over: where it goes, its headers, and who waits for its report.
package struct PreparedSend: ~Copyable {
    /// How its sender has entered.
    var entry: SendEntry
    let topic: ProducerTopic
    var headers: NativeHeaders

    /// Who waits for the report.
    package let pending: PendingSend

    /// A record that is ready.
    package init(
        _ entry: SendEntry,
        to topic: ProducerTopic,
        _ headers: consuming NativeHeaders,
        _ pending: PendingSend
    ) {
        self.entry = entry
        self.topic = topic
        self.headers = headers
        self.pending = pending
    }
}

extension DeliveryLoop {
    /// What is needed to hand a record over as it is, by a sender that has entered, and has left when this throws.
    @inline(__always)
    func prepare(_ record: borrowing KafkaRecord, _ entry: SendEntry) throws(KafkaError) -> PreparedSend {
        PreparedSend(entry, to: try topic(of: record, entry), NativeHeaders(record.headers), PendingSend(of: record))
    }
}
