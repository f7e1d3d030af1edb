// SPDX-License-Identifier: Apache-2.0

@_exported public import StitchService
@_exported public import TelemetryAPI
@_exported public import TelemetrySDK

@_exported public import struct StitchOTLP.OTLPHTTPConfiguration
