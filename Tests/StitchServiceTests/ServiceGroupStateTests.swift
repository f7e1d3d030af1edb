// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchService

private struct Broken: Error {}
private struct BrokenLater: Error {}

@Suite("The order in which a group of services stops")
struct ServiceGroupStateTests {
    @Test("Services stop one after the other, the last in the list first")
    func reverseOrder() {
        var state = ServiceGroupState(names: ["pool", "consumer", "worker"], stopsLast: [])
        #expect(state.handle(.stopRequested) == [.shutdown(service: 2)])
        #expect(state.handle(.ended(service: 2, nil)) == [.shutdown(service: 1)])
        #expect(state.handle(.ended(service: 1, nil)) == [.shutdown(service: 0)])
        #expect(state.handle(.ended(service: 0, nil)) == [.finish])
        #expect(state.failure == nil)
    }

    @Test("What stops last stops after all others, wherever it stands", arguments: 0..<3)
    func stopsLast(telemetry: Int) {
        var state = ServiceGroupState(names: ["a", "b", "c"], stopsLast: [telemetry])
        var order: [Int] = []
        var actions = state.handle(.stopRequested)
        while case .shutdown(let service)? = actions.first {
            order.append(service)
            actions = state.handle(.ended(service: service, nil))
        }
        #expect(order == [2, 1, 0].filter { $0 != telemetry } + [telemetry])
        #expect(actions == [.finish])
    }

    @Test("A service that ends although nobody stopped it stops the others and is named as the failure")
    func endedEarly() throws {
        var state = ServiceGroupState(names: ["pool", "consumer", "worker"], stopsLast: [])
        #expect(state.handle(.ended(service: 1, nil)) == [.shutdown(service: 2)])
        #expect(state.handle(.ended(service: 2, nil)) == [.shutdown(service: 0)])
        #expect(state.handle(.ended(service: 0, nil)) == [.finish])
        let failure = try #require(state.failure as? ServiceError)
        #expect(failure.code == .endedEarly)
        #expect(failure.message.contains("consumer"))
        #expect(!failure.isRetryable)
    }

    @Test("The error of the service that failed first is the one that is thrown on")
    func firstError() {
        var state = ServiceGroupState(names: ["pool", "consumer"], stopsLast: [])
        #expect(state.handle(.ended(service: 0, Broken())) == [.shutdown(service: 1)])
        #expect(state.handle(.ended(service: 1, BrokenLater())) == [.finish])
        #expect(state.failure is Broken)
    }

    @Test("An error while stopping is thrown on, a cancellation is not")
    func errorWhileStopping() {
        var state = ServiceGroupState(names: ["pool", "consumer"], stopsLast: [])
        _ = state.handle(.stopRequested)
        _ = state.handle(.ended(service: 1, CancellationError()))
        #expect(state.failure == nil)
        _ = state.handle(.ended(service: 0, Broken()))
        #expect(state.failure is Broken)
    }

    @Test("A second request cancels what still runs; what stops last still gets its orderly shutdown, after the others")
    func secondRequest() {
        var state = ServiceGroupState(names: ["telemetry", "pool", "worker"], stopsLast: [0])
        #expect(state.handle(.stopRequested) == [.shutdown(service: 2)])
        #expect(state.handle(.stopRequested) == [.cancel(service: 2), .cancel(service: 1)])
        #expect(state.handle(.ended(service: 2, CancellationError())) == [])
        #expect(state.handle(.ended(service: 1, CancellationError())) == [.shutdown(service: 0)])
        #expect(state.handle(.ended(service: 0, nil)) == [.finish])
        #expect(state.failure == nil)
    }

    @Test("Requests beyond the second change nothing")
    func thirdRequest() {
        var state = ServiceGroupState(names: ["pool"], stopsLast: [])
        _ = state.handle(.stopRequested)
        _ = state.handle(.stopRequested)
        #expect(state.handle(.stopRequested) == [])
        #expect(state.handle(.ended(service: 0, nil)) == [.finish])
    }

    @Test("A second request does not cancel what stops last, even when it alone is left")
    func onlyTelemetryLeft() {
        var state = ServiceGroupState(names: ["telemetry"], stopsLast: [0])
        #expect(state.handle(.stopRequested) == [.shutdown(service: 0)])
        #expect(state.handle(.stopRequested) == [])
        #expect(state.handle(.ended(service: 0, nil)) == [.finish])
    }

    @Test("A service that ends by itself while another stops is not told to stop any more")
    func endedMeanwhile() {
        var state = ServiceGroupState(names: ["a", "b", "c"], stopsLast: [])
        #expect(state.handle(.stopRequested) == [.shutdown(service: 2)])
        #expect(state.handle(.ended(service: 1, nil)) == [])
        #expect(state.handle(.ended(service: 2, nil)) == [.shutdown(service: 0)])
    }

    @Test("A group without services ends at the first request")
    func empty() {
        var state = ServiceGroupState(names: [], stopsLast: [])
        #expect(state.handle(.stopRequested) == [.finish])
    }
}
