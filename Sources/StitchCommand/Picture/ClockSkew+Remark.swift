// SPDX-License-Identifier: Apache-2.0

import TraceFlow

extension ClockSkew {
    /// Less is what the clocks of machines differ by anyway.
    private static let told = Duration.milliseconds(1)

    /// What there is to say of the two clocks; `nil` where they need not differ.
    var remark: String? {
        if let atLeast, let atMost, !isConsistent {
            guard atLeast - atMost > Self.told else { return nil }
            return
                "the clocks of \(service) and \(other) were set meanwhile, or run at different speeds: no difference "
                + "between them explains what caused what"
        }
        let skew = proven
        let size = max(skew, .zero - skew)
        guard size > Self.told else { return nil }
        let (ahead, behind) = skew > .zero ? (other, service) : (service, other)
        return
            "the clock of \(ahead) is ahead of that of \(behind) by \(size.text) at least, and what is told of waits between "
            + "them is off by as much: \(observations.grouped) message\(observations == 1 ? "" : "s") or requests show it"
    }
}
