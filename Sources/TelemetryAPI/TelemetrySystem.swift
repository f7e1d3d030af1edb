// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The tracer and the meter of the process.
public enum TelemetrySystem {
    private static let installed = Mutex<any Tracer>(NoOpTracer())
    private static let installedMeter = Mutex<any Meter>(NoOpMeter())

    // Where nobody measures, asking for the meter takes no lock.
    private static let hasMeter = Atomic<Bool>(false)

    /// The tracer that counts here and now: that of the innermost `withTracer`, else the installed one.
    ///
    /// Ask at each use and don't keep the answer.
    public static var tracer: any Tracer {
        ActiveContext.current?.tracer ?? installed.withLock { $0 }
    }

    /// The meter that counts here and now: that of the innermost `withMeter`, else the installed one.
    ///
    /// Ask at each use and don't keep the answer.
    public static var meter: any Meter {
        if let meter = ActiveContext.current?.meter { return meter }
        return hasMeter.load(ordering: .acquiring) ? installedMeter.withLock { $0 } : NoOpMeter()
    }

    /// Makes a tracer the one of the process.
    ///
    /// `Telemetry.start()` does it; an application need not.
    public static func install(_ tracer: any Tracer) {
        installed.withLock { $0 = tracer }
    }

    /// Makes a meter the one of the process, for every measurement from now on.
    ///
    /// Measurements before that are lost.
    public static func install(_ meter: any Meter) {
        installedMeter.withLock { $0 = meter }
        hasMeter.store(true, ordering: .releasing)
    }
}
