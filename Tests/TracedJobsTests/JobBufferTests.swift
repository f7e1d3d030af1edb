// SPDX-License-Identifier: Apache-2.0

import StitchTesting
import Synchronization
import Testing

@testable import TracedJobs

@Suite("Jobs that were claimed and have not begun", .timeLimit(.minutes(1)))
struct JobBufferTests {
    @Test("They are given out in their order, and to nobody after the end")
    func order() async {
        let buffer = JobBuffer<Int>()
        buffer.add([1, 2])
        buffer.add([3])
        #expect(await [buffer.next(), buffer.next()] == [1, 2])
        #expect(buffer.close() == [3])
        #expect(await buffer.next() == nil)
    }

    @Test("As many are begun side by side as there are places, although none of them ends", arguments: [1, 8, 20])
    func sideBySide(count: Int) async {
        let buffer = JobBuffer<Int>()
        let begun = Inbox<Int>()
        let gate = Latch()
        await withTaskGroup { places in
            for _ in 0..<8 {
                places.addTask {
                    while let job = await buffer.next() {
                        begun.put(job)
                        await gate.wait()
                    }
                }
            }
            buffer.add([0])
            #expect(await begun.next() == 0)
            if count > 1 { buffer.add(Array(1..<count)) }
            let atOnce = min(count, 8)
            if atOnce > 1 { #expect(Set(await begun.take(atOnce - 1)) == Set(1..<atOnce)) }
            gate.open()
            if count > 8 { #expect(Set(await begun.take(count - 8)) == Set(8..<count)) }
            #expect(buffer.close().isEmpty)
        }
    }

    @Test("Who waits is let go at the end")
    func end() async {
        let buffer = JobBuffer<Int>()
        await withTaskGroup(of: Int?.self) { places in
            for _ in 0..<8 { places.addTask { await buffer.next() } }
            buffer.add([7])
            var got: [Int] = []
            if let first = await places.next() { got += [first].compactMap { $0 } }
            #expect(buffer.close().isEmpty)
            for await job in places { got += [job].compactMap { $0 } }
            #expect(got == [7])
        }
    }
}
