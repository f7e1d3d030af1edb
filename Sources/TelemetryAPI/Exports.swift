// SPDX-License-Identifier: Apache-2.0

// Spans are made of these values, so whoever makes spans sees them.
@_exported public import TelemetryData
