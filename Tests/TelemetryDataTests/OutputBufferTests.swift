// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TelemetryData

@Suite("Output buffers")
struct OutputBufferTests {
    private static func buffer(_ bytes: [UInt8]) -> OutputBuffer {
        var buffer = OutputBuffer(capacity: 0)
        bytes.withUnsafeBytes { buffer.append($0) }
        return buffer
    }

    @Test("Bytes are replaced at either end and in the middle by more, fewer or none, also where they have to move")
    func replace() {
        for seed in 0..<2000 {
            var choices = Choices(seed)
            // Near the size at which a buffer grows, at times.
            let count = choices.chance(2) ? choices.number(1000..<1030) : choices.number(0..<50)
            var expected = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            var buffer = Self.buffer(expected)
            for _ in 0..<4 {
                let start = choices.chance(4) ? 0 : choices.number(0..<(expected.count + 1))
                let end = choices.chance(4) ? expected.count : choices.number(start..<(expected.count + 1))
                let other = [UInt8](repeating: 255, count: choices.chance(3) ? 0 : choices.number(0..<80))
                buffer.replace(start..<end, with: Self.buffer(other))
                expected.replaceSubrange(start..<end, with: other)
            }
            #expect(buffer.bytes == expected, "seed \(seed)")
        }
    }

    @Test("A buffer grows as far as it has to, and keeps what was written")
    func growth() {
        for seed in 0..<300 {
            var choices = Choices(seed)
            var expected: [UInt8] = []
            var buffer = OutputBuffer(capacity: choices.number(0..<2000))
            for _ in 0..<30 {
                let bytes = [UInt8](repeating: UInt8(choices.number(0..<256)), count: choices.number(0..<400))
                expected += bytes
                bytes.withUnsafeBytes { buffer.append($0) }
                if choices.chance(3) {
                    expected.append(1)
                    buffer.append(1)
                }
            }
            #expect(buffer.bytes == expected && buffer.count == expected.count, "seed \(seed)")
            buffer.removeAll()
            #expect(buffer.bytes.isEmpty)
        }
    }

    @Test("Copies of each small length are whole, and touch nothing beyond", arguments: 0..<70)
    func copies(_ count: Int) {
        let bytes = (0..<count).map { UInt8($0 + 1) }
        var buffer = OutputBuffer()
        buffer.reserve(count + 3)
        var place = buffer.place
        place.put(UInt8(200))
        place.put(UInt8(0))
        bytes.withUnsafeBytes { place.put($0.baseAddress, count) }
        place.put(UInt8(201))
        buffer.end(at: place)
        #expect(buffer.bytes == [200, 0] + bytes + [201])
    }
}
