// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The tracer and the meter of the process.
public enum TelemetrySystem {
    private static let tracerSlot = InstalledValue<any Tracer>()
    private static let meterSlot = InstalledValue<any Meter>()

    /// The tracer that counts here and now: that of the innermost `withTracer`, else the installed one.
    ///
    /// Ask at each use and don't keep the answer.
    public static var tracer: any Tracer { tracer(in: ActiveContext.current) }

    /// The meter that counts here and now: that of the innermost `withMeter`, else the installed one.
    ///
    /// Ask at each use and don't keep the answer.
    public static var meter: any Meter { meter(in: ActiveContext.current) }

    /// Makes a tracer the one of the process.
    ///
    /// `Telemetry.start()` does it; an application need not. Meant for the start of a process: every tracer that was
    /// installed once is kept for good, so that asking for it takes no lock.
    public static func install(_ tracer: any Tracer) {
        tracerSlot.set(tracer.isEnabled ? tracer : nil)
    }

    /// Makes a meter the one of the process, for every measurement from now on.
    ///
    /// Measurements before that are lost. Every meter that was installed once is kept for good.
    public static func install(_ meter: any Meter) {
        meterSlot.set(meter.isRecording ? meter : nil)
    }

    package static func tracer(in active: ActiveContext?) -> any Tracer {
        active?.tracer ?? tracerSlot.value ?? NoOpTracer()
    }

    package static func meter(in active: ActiveContext?) -> any Meter {
        active?.meter ?? meterSlot.value ?? NoOpMeter()
    }

    /// Whether there is anybody who makes spans, or measures.
    package static func isEnabled(in active: ActiveContext?) -> Bool {
        guard let active else { return tracerSlot.isSet || meterSlot.isSet }
        return active.tracer?.isEnabled ?? tracerSlot.isSet || active.meter?.isRecording ?? meterSlot.isSet
    }
}

/// A value that is set now and then and read all the time, without a lock.
private final class InstalledValue<Value: Sendable>: Sendable {
    private final class Box: Sendable {
        let value: Value
        init(_ value: Value) { self.value = value }
    }

    // The address of a box, or 0.
    private let address = Atomic<UInt>(0)

    var isSet: Bool { address.load(ordering: .acquiring) != 0 }

    var value: Value? {
        // Boxes are never released, since a reader may have just loaded the address.
        UnsafeRawPointer(bitPattern: address.load(ordering: .acquiring))
            .map { Unmanaged<Box>.fromOpaque($0).takeUnretainedValue().value }
    }

    func set(_ value: Value?) {
        let pointer = value.map { Unmanaged<Box>.passRetained(Box($0)).toOpaque() }
        address.store(UInt(bitPattern: pointer), ordering: .releasing)
    }
}
