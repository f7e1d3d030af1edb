// SPDX-License-Identifier: Apache-2.0

import Dispatch

/// Runs what may block (names to resolve, password files to read) on a thread outside the cooperative pool.
func blocking<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(returning: work()) }
    }
}
