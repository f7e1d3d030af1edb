// SPDX-License-Identifier: Apache-2.0

import StitchService
import Synchronization
import TelemetryAPI

/// Tells once that trace ids were taken for random without anybody saying so (OpenTelemetry, "Compatibility warnings for
/// consistent probability samplers"): if they aren't, the share that is recorded is another than was asked for.
final class PresumptionNotice: Sendable {
    /// The one of all samplers that have none of their own.
    static let ofProcess = PresumptionNotice()

    private let hasWarned = Atomic<Bool>(false)
    private let log: @Sendable (Diagnostic.Level, String) -> Void

    init(log: @escaping @Sendable (Diagnostic.Level, String) -> Void = { Diagnostics.log($0, $1) }) {
        self.log = log
    }

    func tell() {
        // Looked at first: this is asked at each start of a span.
        if hasWarned.load(ordering: .relaxed) || hasWarned.exchange(true, ordering: .relaxed) { return }
        log(
            .warning,
            "a sampler by ratio takes trace ids for random though their senders don't say so; senders of W3C Trace Context "
                + "Level 2 do, by the random flag"
        )
    }
}

extension SamplingRequest {
    /// Whether the decision depends on the id of a trace that another process began, and nobody says that it is random.
    var isPresumedRandom: Bool {
        guard let parent else { return false }
        return !parent.flags.contains(.random) && parent.state.openTelemetry.randomness == nil
    }
}
