// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The clock that spans are measured with, without a conversion.
enum MonotonicTime {
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    static var now: UInt64 {
        var time = timespec()
        guard clock_gettime(CLOCK_MONOTONIC, &time) == 0 else { return 0 }
        return UInt64(bitPattern: Int64(time.tv_sec)) &* 1_000_000_000 &+ UInt64(bitPattern: Int64(time.tv_nsec))
    }
}
