// SPDX-License-Identifier: Apache-2.0

// Whoever enqueues jobs holds a pool and transactions, so one import brings both.
@_exported public import StitchPostgres

// What its options are made of, and no more: an application that has another `withSpan` keeps it.
@_exported public import enum MessageTracing.ContinuationPolicy
@_exported public import enum TraceContext.BaggagePolicy
@_exported public import struct TraceContext.StitchField
