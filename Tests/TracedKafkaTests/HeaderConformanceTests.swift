// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import StitchTesting
import Testing
import TraceContext

@testable import TracedKafka

/// Headers of records, as the traced producer writes them and the traced consumer reads them.
private struct RecordHeaders: CarrierFixture {
    let kind = CarrierKind.messageHeaders

    func message(holding fields: [CarrierField]) -> KafkaHeaders? {
        KafkaHeaders(fields.map { KafkaHeader($0.name, $0.value) })
    }

    func fields(of headers: KafkaHeaders) -> [CarrierField] { headers.map { CarrierField($0.name, $0.value ?? []) } }

    func write(_ carrier: ContextCarrier, to headers: inout KafkaHeaders) { headers.write(carrier) }

    func carrier(of headers: KafkaHeaders) -> ContextCarrier { headers.carrier }
}

@Test("Kafka headers keep every rule of a carrier")
func headersConform() async {
    let violations = await CarrierConformance.violations(of: RecordHeaders(), generated: 2000)
    #expect(violations.isEmpty)
}
