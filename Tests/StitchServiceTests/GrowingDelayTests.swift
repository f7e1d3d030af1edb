// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchService

@Suite("A wait that grows")
struct GrowingDelayTests {
    @Test("is as long as was said after the first failure, longer by the factor after each, and never beyond the limit")
    func grows() {
        let delay = GrowingDelay(first: .seconds(1), factor: 3, maximum: .seconds(20))
        #expect([1, 2, 3, 4, 5, .max].map(delay.seconds) == [1, 3, 9, 20, 20, 20])
        #expect([0, -7, .min].map(delay.seconds) == [1, 1, 1])
    }

    @Test("ends also where it never grows, and is a number whatever the factor")
    func ends() {
        #expect(GrowingDelay(first: .seconds(1), factor: 1, maximum: .seconds(20)).seconds(after: .max) == 1)
        #expect(GrowingDelay(first: .zero, factor: .infinity, maximum: .seconds(20)).seconds(after: .max) == 0)
        #expect(GrowingDelay(first: .seconds(1), factor: .infinity, maximum: .seconds(20)).seconds(after: 2) == 20)
        #expect(GrowingDelay(first: .seconds(1), factor: .nan, maximum: .seconds(20)).seconds(after: 2) == 1)
    }
}
