// SPDX-License-Identifier: Apache-2.0

/// A record that is ready to be handed over: where it goes, its headers, and what stands for it until its report.
package struct PreparedSend: ~Copyable {
    /// How its sender has entered.
    var entry: SendEntry
    let topic: FoundTopic
    var headers: NativeHeaders

    /// A reference that goes over to librdkafka with the record, and from it to a sender that waits from the start.
    let reference: Unmanaged<PendingSend>
    private var isOurs = true

    /// A record that is ready.
    package init(
        _ entry: SendEntry,
        to topic: consuming FoundTopic,
        _ headers: consuming NativeHeaders,
        _ pending: consuming PendingSend
    ) {
        self.entry = entry
        self.topic = topic
        self.headers = headers
        reference = .passRetained(pending)
    }

    deinit { if isOurs { reference.release() } }

    /// What stands for the record, for whoever will wait for its report; to be asked for before it is handed over.
    package var pending: PendingSend { reference.takeUnretainedValue() }

    /// What librdkafka is given for it, and brings back with its report.
    var opaque: UnsafeMutableRawPointer { reference.toOpaque() + entry.mark }

    /// librdkafka has the record, and the reference with it.
    mutating func release() { isOurs = false }
}

extension DeliveryLoop {
    /// How many records had what stood for another one before.
    package var reuseCount: Int { pool.takenCount }

    /// What is needed to hand a record over as it is, by a sender that has entered, and has left when this throws.
    @inline(__always)
    func prepare(_ record: borrowing KafkaRecord, _ entry: SendEntry) throws(KafkaError) -> PreparedSend {
        let topic = try topic(of: record, entry)
        let pending = pool.take() ?? PendingSend()
        pending.keepValue(of: record)
        return PreparedSend(entry, to: topic, NativeHeaders(record.headers), pending)
    }

    /// What stood for another record of this producer before, to be used for one; `nil` if there is none at the moment.
    ///
    /// - Parameter type: What it has to be; one of another class is let go.
    /// - Returns: What nobody else refers to.
    @inline(__always)
    @_spi(Observing) public func reusedSend<Send: PendingSend>(_ type: Send.Type) -> Send? {
        guard let send = pool.take(), Swift.type(of: send) == type else { return nil }
        return unsafeDowncast(send, to: type)
    }
}
