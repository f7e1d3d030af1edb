// SPDX-License-Identifier: Apache-2.0

import ForeignKafkaClient
import StitchTesting
import Testing
import TraceContext
import TracedForeignKafkaClient

/// Headers as the traced client writes and reads them.
private struct ClientHeaders: CarrierFixture {
    let kind = CarrierKind.messageHeaders

    func message(holding fields: [CarrierField]) -> [KafkaHeader]? {
        fields.map { KafkaHeader(key: $0.name, value: ByteBuffer(bytes: $0.value)) }
    }

    func fields(of headers: [KafkaHeader]) -> [CarrierField] {
        headers.map { CarrierField($0.key, $0.value?.readableBytesView ?? []) }
    }

    func write(_ carrier: ContextCarrier, to headers: inout [KafkaHeader]) { headers.write(carrier) }

    func carrier(of headers: [KafkaHeader]) -> ContextCarrier { headers.carrier }
}

@Test("The client's headers keep every rule of a carrier")
func headersConform() async {
    let violations = await CarrierConformance.violations(of: ClientHeaders(), generated: 2000)
    #expect(violations.isEmpty, "\(violations)")
}
