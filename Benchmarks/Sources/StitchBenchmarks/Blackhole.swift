// SPDX-License-Identifier: Apache-2.0

/// Takes a value and does nothing with it, which the optimiser cannot see: the work that made it has to be done.
@inline(never)
@_optimize(none)
func blackHole<Value>(_ value: borrowing Value) where Value: ~Copyable {}

/// Gives a value back, which the optimiser cannot see: what is worked out from it has to be worked out each time.
@inline(never)
@_optimize(none)
func opaque<Value>(_ value: Value) -> Value { value }
