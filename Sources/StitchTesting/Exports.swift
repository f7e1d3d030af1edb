// SPDX-License-Identifier: Apache-2.0

// A test asks about spans and flows, so it sees them with the kit.
@_exported public import TelemetrySDK
@_exported public import TraceFlow
