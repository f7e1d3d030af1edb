// SPDX-License-Identifier: Apache-2.0

import StitchService
import TelemetrySDK

extension EnvironmentReader {
    /// What `OTEL_TRACES_SAMPLER` says.
    ///
    /// The samplers that ask the parent follow the spans that caused a new trace too, so that flows stay whole.
    mutating func sampler() -> (any Sampler)? {
        enum Choice { case on, off, ratio, followingOn, followingOff, followingRatio }
        let choice = choice(
            "OTEL_TRACES_SAMPLER",
            [
                ("always_on", Choice.on), ("always_off", .off), ("traceidratio", .ratio),
                ("parentbased_always_on", .followingOn), ("parentbased_always_off", .followingOff),
                ("parentbased_traceidratio", .followingRatio),
            ]
        )
        return switch choice {
        case .on: AlwaysOnSampler()
        case .off: AlwaysOffSampler()
        case .ratio: TraceIDRatioSampler(ratio())
        case .followingOn: FollowingSampler(origin: AlwaysOnSampler())
        case .followingOff: FollowingSampler(origin: AlwaysOffSampler())
        case .followingRatio: FollowingSampler(origin: TraceIDRatioSampler(ratio()))
        case nil: nil
        }
    }

    private mutating func ratio() -> Double {
        let name = "OTEL_TRACES_SAMPLER_ARG"
        guard let text = text(name) else { return 1 }
        if let ratio = Double(text), (0...1).contains(ratio) { return ratio }
        ignore(name, "it must be a number from 0 to 1")
        return 1
    }
}
