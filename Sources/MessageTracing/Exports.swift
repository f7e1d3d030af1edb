// SPDX-License-Identifier: Apache-2.0

// Whoever instruments a client needs spans, targets and carriers beside them, so one import is enough.
@_exported public import TelemetryAPI
@_exported public import TraceContext
