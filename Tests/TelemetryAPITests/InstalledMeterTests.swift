// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI
import Testing

/// Records nothing, but says that it would.
private struct InstalledMeter: Meter {
    var isRecording: Bool { true }
    func recorder(of instrument: InstrumentDescription) -> (any MeasurementRecording)? { nil }
}

@Suite("The meter of the process")
struct InstalledMeterTests {
    @Test("An installed meter holds everywhere from then on, but where another one is set for a while")
    func install() {
        // Measuring nothing again afterwards leaves the other tests as they were.
        defer { TelemetrySystem.install(NoOpMeter()) }
        #expect(TelemetrySystem.meter is NoOpMeter)
        TelemetrySystem.install(InstalledMeter())
        #expect(TelemetrySystem.meter is InstalledMeter)
        withMeter(NoOpMeter()) { #expect(TelemetrySystem.meter is NoOpMeter) }
    }
}
