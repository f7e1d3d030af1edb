// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The tracer of the process.
public enum TelemetrySystem {
    private static let installed = Mutex<any Tracer>(NoOpTracer())

    /// The tracer that counts here and now: that of the innermost `withTracer`, else the installed one.
    ///
    /// Ask at each use and don't keep the answer.
    public static var tracer: any Tracer {
        ActiveContext.current?.tracer ?? installed.withLock { $0 }
    }

    /// Makes a tracer the one of the process.
    ///
    /// `Telemetry.start()` does it; an application need not.
    public static func install(_ tracer: any Tracer) {
        installed.withLock { $0 = tracer }
    }
}
