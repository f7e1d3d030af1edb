// SPDX-License-Identifier: Apache-2.0

import StitchTesting
import TelemetryAPI
import Testing

private let served = Counter.Description("shop.served", unit: "{order}", description: "Orders that went out.")
private let size = Histogram.Description("shop.size", unit: "By", description: "Sizes.", boundaries: [1, 2])

@Suite("The recorder of measurements")
struct RecordedMeasurementsTests {
    @Test("A test asks for its measurements by metric: values, attributes, buckets and the span they were made in")
    func queries() async throws {
        try await withStitchTest { test in
            withSpan("serve") { _ in
                TelemetrySystem.meter.counter(served).add(2) { $0["shop.country"] = "NO" }
                TelemetrySystem.meter.counter(served).add(3) { $0["shop.country"] = "SE" }
            }
            TelemetrySystem.meter.histogram(size).record(1.5)
            #expect(test.measurements.of("shop.served").map(\.value) == [.int(2), .int(3)])
            #expect(test.measurements.of("shop.served")[0].attributes == ["shop.country": "NO"])
            #expect(test.measurements.of("shop.served")[0].context?.spanID == test.spans.named("serve").first?.spanID)
            #expect(test.measurements.of("shop.size")[0].instrument.boundaries == [1, 2])
            #expect(test.measurements.of("shop.size")[0].context == nil)
            #expect(test.measurements.total(of: "shop.served") == 5)
            #expect(test.measurements.total(of: "shop.served", where: ["shop.country": "SE"]) == 3)
            #expect(test.measurements.of("shop.sold").isEmpty)
            #expect(test.measurements.all.count == 3)
        }
    }

    @Test("Tests that run side by side measure apart")
    func apart() async throws {
        try await withThrowingTaskGroup { group in
            for number in 1...10 {
                group.addTask {
                    try await withStitchTest { test in
                        await Task { TelemetrySystem.meter.counter(served).add(number) }.value
                        #expect(test.measurements.total(of: "shop.served") == Double(number))
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
