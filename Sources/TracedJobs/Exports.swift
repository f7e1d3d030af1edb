// SPDX-License-Identifier: Apache-2.0

// Whoever enqueues jobs holds a pool and transactions, so one import brings both.
@_exported public import StitchPostgres
