// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchHTTP

struct ServerStateTests {
    @Test("The daemon is stopped when the last answer of a draining server is out")
    func draining() {
        var state = ServerState()
        #expect(state.exchangeOpened() == true)
        #expect(state.handlerStarts() == true)
        #expect(state.shutdownRequested() == [.stopAccepting])
        #expect(state.shutdownRequested() == [])
        #expect(state.exchangeOpened() == false)
        #expect(state.handlerEnded() == [])
        #expect(state.exchangeClosed() == [.stopDaemon])
        #expect(state.daemonStopped() == [.announceStop])
        #expect(state.cancelRequested() == [])
    }

    @Test("A request that was being received when the drain began is still handled")
    func handlerDuringDrain() {
        var state = ServerState()
        #expect(state.exchangeOpened() == true)
        #expect(state.shutdownRequested() == [.stopAccepting])
        #expect(state.handlerStarts() == true)
        #expect(state.exchangeClosed() == [])
        #expect(state.handlerEnded() == [.stopDaemon])
    }

    @Test("Cancelling waits for handlers only, and lets none start")
    func cancelling() {
        var state = ServerState()
        #expect(state.exchangeOpened() == true)
        #expect(state.exchangeOpened() == true)
        #expect(state.handlerStarts() == true)
        #expect(state.shutdownRequested() == [.stopAccepting])
        #expect(state.cancelRequested() == [.cancelHandlers])
        #expect(state.handlerStarts() == false)
        #expect(state.handlerEnded() == [.stopDaemon])
        // The connections that the daemon closes as it stops.
        #expect(state.exchangeClosed() == [])
    }

    @Test("An idle server stops at once")
    func idle() {
        var state = ServerState()
        #expect(state.shutdownRequested() == [.stopAccepting, .stopDaemon])
        var other = ServerState()
        #expect(other.cancelRequested() == [.stopAccepting, .cancelHandlers, .stopDaemon])
        #expect(other.shutdownRequested() == [])
    }
}
