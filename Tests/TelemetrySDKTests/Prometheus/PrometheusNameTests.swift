// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TelemetrySDK

@Suite("Names and units for Prometheus")
struct PrometheusNameTests {
    @Test(
        "A name keeps what Prometheus allows; the rest becomes underscores, never two in a row; the unit stands behind",
        arguments: [
            ("messaging.process.duration", "s", "messaging_process_duration_seconds"),
            ("http.server.request.size", "By", "http_server_request_size_bytes"),
            ("a..b--c__d", "", "a_b_c_d"),
            ("namespace:rule", "", "namespace:rule"),
            ("9lives", "", "_9lives"),
            ("größe", "", "gr_e"),
            ("wait_seconds", "s", "wait_seconds"),
            ("seconds", "s", "seconds"),
            ("waitseconds", "s", "waitseconds_seconds"),
            ("speed", "m/s", "speed_meters_per_second"),
            ("rate", "1/s", "rate_per_second"),
            ("rate", "{message}/s", "rate_per_second"),
            ("sent", "{message}", "sent"),
            ("free", "%", "free_percent"),
            ("weird", "foo", "weird_foo"),
            ("weird", "k{x}By/min", "weird_kilobytes_per_minute"),
        ]
    )
    func metrics(name: String, unit: String, expected: String) {
        let word = PrometheusUnit.word(for: unit, isGauge: false)
        #expect(PrometheusName.metric(name, unit: word) == expected)
    }

    @Test("A share of one is a ratio where it goes up and down, and says nothing where it counts")
    func ratio() {
        #expect(PrometheusUnit.word(for: "1", isGauge: true) == "ratio")
        #expect(PrometheusUnit.word(for: "1", isGauge: false) == "")
    }

    @Test("Names of labels are names too, without colons")
    func labels() {
        #expect(PrometheusName.label("messaging.destination.name") == "messaging_destination_name")
        #expect(PrometheusName.label("a:b") == "a_b")
        #expect(PrometheusName.label("1st") == "_1st")
        #expect(PrometheusName.label("") == "_")
    }
}
