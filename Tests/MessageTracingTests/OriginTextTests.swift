// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import MessageTracing

@Suite("When a flow began, as text")
struct OriginTextTests {
    @Test("has the milliseconds' digits, and no zeros before them")
    func digits() {
        var values: [UInt64] = [0, 1, 9, 10, 99_999_999, 100_000_000, 100_000_001, 1_764_370_000_000, .max / 1_000_000]
        var power: UInt64 = 1
        for _ in 0..<14 {
            values += [power - 1, power, power + 1, power * 9]
            power *= 10
        }
        for milliseconds in values where milliseconds <= .max / 1_000_000 {
            let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 18, alignment: 8)
            defer { bytes.deallocate() }
            let place = OriginText.write(Timestamp(nanoseconds: milliseconds * 1_000_000), to: bytes)
            #expect(String(decoding: bytes[place], as: UTF8.self) == "o=\(milliseconds)")
        }
    }
}
