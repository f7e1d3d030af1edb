// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI
import TraceContext

/// The tracer and the meter that count in one place, for what is done for it on a thread that belongs to no task.
struct CapturedTelemetry: Sendable {
    private let context: ActiveContext?

    /// Those that count here; the process's own, whatever they are then, unless there are others.
    init() {
        context = ActiveContext.current.map {
            BoundContext(entering: $0, span: nil, baggage: Baggage(), incoming: nil)
        }
    }

    /// Lets them count while `body` runs; no span is current.
    func with<Success>(_ body: () -> Success) -> Success {
        guard let context else { return body() }
        return bind(context, body)
    }
}
