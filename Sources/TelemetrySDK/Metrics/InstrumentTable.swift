// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService
import Synchronization
import TelemetryAPI

/// The instruments of a meter by their descriptions: found without a lock, at each measurement.
///
/// `@unchecked Sendable`: the slots are atomic; `entries` is touched only while `lock` is held.
final class InstrumentTable: @unchecked Sendable {
    /// An instrument, and the ways to measure by it.
    final class Entry: Sendable {
        let instrument: Instrument
        let recorders: [StripeRecorder]
        let hash: UInt64

        init(_ instrument: Instrument, hash: UInt64) {
            self.instrument = instrument
            self.hash = hash
            recorders = instrument.recorders()
        }
    }

    private let lock = NSLock()
    private let settings: MeterSettings
    private let hash: AttributeHash
    private var entries: [Entry] = []
    private var isComplaining = false

    // The addresses of entries, or 0; owned: freed by `deinit`. The entries are owned by `entries`, which only grows, so an
    // address that was read stays good as long as the table is there.
    private let slots: UnsafeMutablePointer<Atomic<UInt>>
    private let mask: Int

    init(_ settings: MeterSettings) {
        self.settings = settings
        hash = AttributeHash()
        var capacity = 64
        while capacity < settings.instrumentLimit * 2 { capacity *= 2 }
        mask = capacity - 1
        slots = .allocate(capacity: capacity)
        for position in 0..<capacity { (slots + position).initialize(to: Atomic(0)) }
    }

    deinit {
        slots.deinitialize(count: mask + 1)
        slots.deallocate()
    }

    /// What measures by an instrument on this thread; `nil` of one too many.
    func recorder(of description: InstrumentDescription) -> StripeRecorder? {
        let hash = hash(description.name)
        var position = Int(truncatingIfNeeded: hash) & mask
        while let entry = UnsafeRawPointer(bitPattern: slots[position].load(ordering: .acquiring)) {
            let found = Unmanaged<Entry>.fromOpaque(entry)._withUnsafeGuaranteedRef { entry in
                entry.hash == hash && entry.instrument.description == description ? pick(entry) : nil
            }
            if let found { return found }
            position = (position + 1) & mask
        }
        return add(description, hash)
    }

    var instruments: [Instrument] { lock.withLock { entries.map(\.instrument) } }

    /// The same thread comes to the same stripe.
    private func pick(_ entry: Entry) -> StripeRecorder {
        let mixed = currentThreadNumber &* 0x9e37_79b9_7f4a_7c15
        return entry.recorders[Int(truncatingIfNeeded: mixed >> 56) & (entry.recorders.count - 1)]
    }

    @inline(never)
    private func add(_ description: InstrumentDescription, _ hash: UInt64) -> StripeRecorder? {
        let (entry, complaint) = lock.withLock { addLocked(description, hash) }
        if let complaint { Diagnostics.log(.warning, complaint, metadata: ["metric": description.name]) }
        return entry.map(pick)
    }

    private func addLocked(_ description: InstrumentDescription, _ hash: UInt64) -> (Entry?, String?) {
        let same = entries.filter { $0.hash == hash && $0.instrument.description.name == description.name }
        if let entry = same.first(where: { $0.instrument.description == description }) { return (entry, nil) }
        guard entries.count < settings.instrumentLimit else {
            defer { isComplaining = true }
            return (nil, isComplaining ? nil : "there are too many metrics: further ones are not measured")
        }
        let entry = Entry(Instrument(description, settings, hash: self.hash), hash: hash)
        entries.append(entry)
        var position = Int(truncatingIfNeeded: hash) & mask
        while slots[position].load(ordering: .relaxed) != 0 { position = (position + 1) & mask }
        slots[position].store(UInt(bitPattern: Unmanaged.passUnretained(entry).toOpaque()), ordering: .releasing)
        let isTwofold = !same.isEmpty
        return (entry, isTwofold ? "a metric is described in different ways, and reported once for each" : nil)
    }
}

/// A number that differs between threads.
private var currentThreadNumber: UInt64 {
    #if canImport(Darwin)
    UInt64(UInt(bitPattern: pthread_self())) >> 8
    #else
    UInt64(pthread_self()) >> 8
    #endif
}
