// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Testing

@testable import StitchKafka

@Suite("The trouble of a client")
struct ClientTroubleTests {
    private let now = ContinuousClock.now

    private func error(_ code: rd_kafka_resp_err_t) -> KafkaError { KafkaError(native: code, "There is trouble") }

    @Test(
        "with a broker is over when librdkafka has not spoken of it for a minute, which is told anew each half minute"
    )
    func connections() {
        var trouble = ClientTrouble()
        #expect(trouble.blocker(at: now) == nil)
        trouble.met(error(RD_KAFKA_RESP_ERR__TRANSPORT), at: now)
        #expect(trouble.blocker(at: now + .seconds(59))?.contains("There is trouble") == true)
        trouble.met(error(RD_KAFKA_RESP_ERR__TRANSPORT), at: now + .seconds(31))
        #expect(trouble.blocker(at: now + .seconds(90)) != nil)
        #expect(trouble.blocker(at: now + .seconds(91)) == nil)
        trouble.hasBroker()
        #expect(trouble.blocker(at: now + .seconds(32)) == nil)
    }

    @Test("with all brokers goes on saying what it is with one of them")
    func allBrokers() {
        var trouble = ClientTrouble()
        trouble.met(error(RD_KAFKA_RESP_ERR__AUTHENTICATION), at: now)
        trouble.met(error(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN), at: now + .seconds(50))
        #expect(trouble.blocker(at: now + .seconds(100))?.contains("_AUTHENTICATION") == true)
        trouble.met(error(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN), at: now + .seconds(200))
        #expect(trouble.blocker(at: now + .seconds(200))?.contains("_ALL_BROKERS_DOWN") == true)
    }

    @Test("with all brokers waits a moment for its reason, unless there was trouble before")
    func reason() {
        var trouble = ClientTrouble()
        trouble.met(error(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN), at: now)
        trouble.met(error(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN), at: now + .milliseconds(500))
        #expect(trouble.blocker(at: now + .milliseconds(999)) == nil)
        #expect(trouble.blocker(at: now + .seconds(1))?.contains("_ALL_BROKERS_DOWN") == true)
        trouble.isOver()
        trouble.met(error(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN), at: now)
        trouble.met(error(RD_KAFKA_RESP_ERR__AUTHENTICATION), at: now + .milliseconds(10))
        #expect(trouble.blocker(at: now + .milliseconds(10))?.contains("_AUTHENTICATION") == true)
    }

    @Test("with anything else is over when something is done")
    func others() {
        var trouble = ClientTrouble()
        trouble.met(error(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), at: now)
        trouble.hasBroker()
        #expect(trouble.blocker(at: now + .seconds(3600)) != nil)
        trouble.isOver()
        #expect(trouble.blocker(at: now) == nil)
    }
}
