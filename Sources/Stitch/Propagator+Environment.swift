// SPDX-License-Identifier: Apache-2.0

import StitchService
import TelemetrySDK
import TraceContext

extension EnvironmentReader {
    /// What `OTEL_PROPAGATORS` says.
    mutating func propagator() -> (any Propagator)? {
        let propagators = choices(
            "OTEL_PROPAGATORS",
            [
                ("tracecontext", W3CPropagator() as any Propagator), ("baggage", BaggagePropagator()),
                ("b3", B3Propagator(.single)), ("b3multi", B3Propagator(.multiple)),
            ]
        )
        guard let propagators else { return nil }
        return propagators.isEmpty ? NoPropagator() : CompositePropagator(propagators)
    }
}
