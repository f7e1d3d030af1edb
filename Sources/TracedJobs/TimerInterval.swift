// SPDX-License-Identifier: Apache-2.0

import Dispatch

extension DispatchTimeInterval {
    /// At most a year, so that it fits every timer; at once for what is negative.
    static func upTo(_ duration: Duration) -> DispatchTimeInterval {
        .microseconds(Int((min(max(duration.inSeconds, 0), 365 * 86_400) * 1e6).rounded(.up)))
    }
}
