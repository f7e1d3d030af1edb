// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
import Testing

@Suite("The clock that never goes back")
struct MonotonicTimeTests {
    /// What a counter of 2.5 GHz does by a system clock that runs at other paces now and then, and what is told of it.
    private struct Simulation {
        var ticks: UInt64 = 1_000_000
        var nanoseconds: UInt64 = 50_000_000_000
        var line: stitch_clock_line
        var last: stitch_clock_reading
        var told: UInt64

        init() {
            last = stitch_clock_reading(ticks: ticks, nanoseconds: nanoseconds)
            line = stitch_clock_line()
            line.wait = 1 << 25
            told = nanoseconds
        }

        var reading: stitch_clock_reading { stitch_clock_reading(ticks: ticks, nanoseconds: nanoseconds) }
        var isBySystem: Bool { line.length == 0 }
        var now: UInt64 { isBySystem ? nanoseconds + line.start.nanoseconds : stitch_time_on_line(line, ticks) }
        var error: Int64 { Int64(bitPattern: now &- nanoseconds) }

        mutating func pass(ticks: UInt64, pace: Double = 1) {
            self.ticks += ticks
            nanoseconds += UInt64(Double(ticks) / 2.5 * pace)
        }

        mutating func draw() {
            line = stitch_next_clock_line(line, last, reading)
            last = reading
        }

        /// Lets a line's length pass, in steps, and draws the next; expects that time never goes back.
        mutating func step(pace: Double = 1) {
            let length = isBySystem ? min(line.wait, 1 << 31) : line.length
            for _ in 0..<10 {
                pass(ticks: length / 10 + 1, pace: pace)
                #expect(now >= told)
                told = now
            }
            draw()
            #expect(now >= told)
            told = now
        }
    }

    @Test("asks the system at first, and draws lines that are good for up to a second")
    func length() {
        var clock = Simulation()
        clock.step()
        #expect(!clock.isBySystem)
        #expect(abs(clock.error) <= 1)
        #expect((67_000_000...68_000_000).contains(clock.line.length))
        for _ in 0..<8 { clock.step() }
        #expect((2_499_000_000...2_501_000_000).contains(clock.line.length))
        #expect(abs(clock.error) <= 1)
    }

    @Test("jumps forward where it was late, and goes slower where it was early", arguments: UInt64(1)...20)
    func drift(seed: UInt64) {
        let numbers = Numbers(seed)
        var clock = Simulation()
        for _ in 0..<2_000 {
            clock.step(pace: 0.9996 + Double(numbers.next() % 801) / 1e6)
            if numbers.next().isMultiple(of: 50) {
                // Nobody asks for a while.
                clock.pass(ticks: numbers.next() % 10_000_000_000_000)
            }
            #expect(!clock.isBySystem)
        }
        for _ in 0..<40 { clock.step() }
        #expect(abs(clock.error) <= 20)
    }

    @Test("was early by a little, and is right when the next line is drawn")
    func early() {
        var clock = Simulation()
        for _ in 0..<10 { clock.step() }
        clock.step(pace: 0.9999)
        #expect(clock.error > 90_000)
        clock.pass(ticks: clock.line.length)
        // What remains is what the slope of the last second, which was another, makes of a second.
        #expect(abs(clock.error) < 110_000)
        for _ in 0..<3 { clock.step() }
        #expect(abs(clock.error) <= 20)
    }

    @Test("leaves a counter alone that doesn't go with the system's clock", arguments: [0.99, 1.01])
    func otherPace(pace: Double) {
        var clock = Simulation()
        for _ in 0..<10 { clock.step() }
        clock.step(pace: pace)
        #expect(clock.isBySystem)
        let told = clock.now
        clock.pass(ticks: 100)
        #expect(clock.now >= told && clock.line.wait == .max)
    }

    @Test("leaves a counter alone that went back or stood still")
    func backwards() {
        for ticks: Int64 in [-500_000, 0] {
            var clock = Simulation()
            clock.step()
            clock.ticks = UInt64(Int64(clock.ticks) + ticks)
            clock.nanoseconds += 1_000_000
            clock.draw()
            #expect(clock.isBySystem && clock.now >= clock.told)
        }
    }

    @Test("doesn't go back on any thread, nor away from the system's clock")
    func real() async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var last = stitch_monotonic_time()
                    let begin = stitch_system_time()
                    // Through several lines: the first are good for some hundredths of a second.
                    while stitch_system_time() < begin + 250_000_000 {
                        for _ in 0..<100 {
                            let now = stitch_monotonic_time()
                            #expect(now >= last)
                            last = now
                        }
                        let before = stitch_system_time()
                        let now = stitch_monotonic_time()
                        let after = stitch_system_time()
                        // A system clock that is being set right runs up to a two-thousandth faster or slower.
                        #expect(now + 1_000_000 >= before && now <= after + 1_000_000)
                    }
                }
            }
        }
    }
}
