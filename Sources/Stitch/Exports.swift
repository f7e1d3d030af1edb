// SPDX-License-Identifier: Apache-2.0

@_exported public import StitchService
@_exported public import TelemetryAPI
@_exported public import TelemetrySDK

@_exported public import class StitchOTLP.FileSpanExporter
@_exported public import struct StitchOTLP.MultiSpanExporter
@_exported public import enum StitchOTLP.OTLP
@_exported public import struct StitchOTLP.OTLPError
@_exported public import enum StitchOTLP.OTLPFormat
@_exported public import struct StitchOTLP.OTLPHTTPConfiguration
@_exported public import class StitchOTLP.OTLPHTTPExporter
