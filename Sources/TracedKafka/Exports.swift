// SPDX-License-Identifier: Apache-2.0

// The traced types take and return the values of the plain ones, so one import is enough.
@_exported public import StitchKafka

// What its options are made of, and no more: an application that has another `withSpan` keeps it.
@_exported public import enum MessageTracing.ContinuationPolicy
@_exported public import enum TraceContext.BaggagePolicy
@_exported public import struct TraceContext.StitchField
