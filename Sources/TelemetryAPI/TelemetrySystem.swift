// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The tracer and the meter of the process.
public enum TelemetrySystem {
    private static let tracerSlot = InstalledValue<any Tracer>()
    private static let meterSlot = InstalledValue<any Meter>()

    // The same tracer, where it is in the usual setting.
    private static let plainSlot = InstalledValue<any PlainTracing>()

    // Both in one word beside the slots, so that where there is neither a single look says so.
    private static let installed = Atomic<UInt8>(0)
    private static let tracerBit: UInt8 = 1
    private static let meterBit: UInt8 = 2

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
        tracerSlot.set(tracer)
        plainSlot.set(tracer.plain)
        mark(tracerBit, tracer.isEnabled)
    }

    /// Makes a meter the one of the process, for every measurement from now on.
    ///
    /// Measurements before that are lost. Every meter that was installed once is kept for good.
    public static func install(_ meter: any Meter) {
        meterSlot.set(meter)
        mark(meterBit, meter.isRecording)
    }

    package static func tracer(in active: ActiveContext?) -> any Tracer {
        if let tracer = active?.scope?.tracer { return tracer }
        return has(tracerBit) ? tracerSlot.value ?? NoOpTracer() : NoOpTracer()
    }

    /// Lends the tracer that counts there.
    ///
    /// Nothing is counted for it: the references to a tracer that all threads use go from processor to processor with each
    /// count. Returns nothing, since what is generic costs other modules more than all that is done here.
    package static func withTracer(in active: ActiveContext?, _ body: (any Tracer) -> Void) {
        if let active { return withTracer(of: active, body) }
        if has(tracerBit), tracerSlot.lend(body) { return }
        body(NoOpTracer())
    }

    // Apart, so that where nothing is current there is no tracer by value, which costs even where there is none.
    @inline(never)
    private static func withTracer(of active: ActiveContext, _ body: (any Tracer) -> Void) {
        if let tracer = active.scope?.tracer { return body(tracer) }
        if has(tracerBit), tracerSlot.lend(body) { return }
        body(NoOpTracer())
    }

    /// Lends the tracer that counts there, where it is in the usual setting; else nothing is called.
    ///
    /// - Parameters:
    ///   - active: What is current.
    ///   - body: Gets the tracer, and whether it is there for good.
    @inline(__always)
    static func withPlainTracer(in active: ActiveContext?, _ body: (any PlainTracing, _ isKept: Bool) -> Void) {
        if let scope = active?.scope, scope.tracer != nil {
            if let plain = scope.plain { body(plain, false) }
        } else if has(tracerBit) {
            plainSlot.lend { body($0, true) }
        }
    }

    package static func meter(in active: ActiveContext?) -> any Meter {
        if let meter = active?.scope?.meter { return meter }
        return has(meterBit) ? meterSlot.value ?? NoOpMeter() : NoOpMeter()
    }

    /// Whether there is anybody who measures there: without a look at the meter itself, where it is the process's.
    package static func isMeasuring(in active: ActiveContext?) -> Bool {
        if let scope = active?.scope, let meter = scope.meter { return meter.isRecording }
        return has(meterBit)
    }

    /// Whether there is anybody who makes spans, or measures.
    package static func isEnabled(in active: ActiveContext?) -> Bool {
        guard let active else { return isAnythingInstalled }
        guard let scope = active.scope else { return isAnythingInstalled }
        return scope.tracer?.isEnabled ?? has(tracerBit) || scope.meter?.isRecording ?? has(meterBit)
    }

    /// Whether the process has a tracer or a meter.
    @usableFromInline
    package static var isAnythingInstalled: Bool { installed.load(ordering: .acquiring) != 0 }

    private static func has(_ bit: UInt8) -> Bool { installed.load(ordering: .acquiring) & bit != 0 }

    private static func mark(_ bit: UInt8, _ isThere: Bool) {
        if isThere {
            installed.bitwiseOr(bit, ordering: .releasing)
        } else {
            installed.bitwiseAnd(~bit, ordering: .releasing)
        }
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

    var value: Value? {
        // Boxes are never released, since a reader may have just loaded the address.
        UnsafeRawPointer(bitPattern: address.load(ordering: .acquiring))
            .map { Unmanaged<Box>.fromOpaque($0).takeUnretainedValue().value }
    }

    /// Lends the value, without counting references to it; `false` if there is none.
    @inline(__always)
    @discardableResult
    func lend(_ body: (Value) -> Void) -> Bool {
        guard let box = UnsafeRawPointer(bitPattern: address.load(ordering: .acquiring)) else { return false }
        Unmanaged<Box>.fromOpaque(box)._withUnsafeGuaranteedRef { body($0.value) }
        return true
    }

    func set(_ value: Value?) {
        let box = value.map { UInt(bitPattern: Unmanaged.passRetained(Box($0)).toOpaque()) }
        address.store(box ?? 0, ordering: .releasing)
    }
}
