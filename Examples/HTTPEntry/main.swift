// SPDX-License-Identifier: Apache-2.0

// Where a request enters: its trace is continued, and the message that it leads to carries the trace on. Works with any
// HTTP server, because all it takes is names and values.

import Stitch
import TracedKafka

/// What an HTTP server hands to a route, in whatever shape it has it.
struct Request {
    var fields: [(name: String, value: String)]
    var body: [UInt8]
}

func placeOrder(_ request: Request, _ producer: some KafkaProducing) async throws {
    let carrier = ContextCarrier(httpFields: request.fields)
    try await withSpan("POST /orders", ofKind: .server, continuing: carrier) { span in
        span.attributes["order.id"] = 7
        try await producer.send(KafkaRecord(topic: "orders", key: "7", value: request.body))
    }
}

let telemetry = try Telemetry.start()
let producer = try TracedKafkaProducer(KafkaConfiguration())
let request = Request(
    fields: [("Host", "shop"), ("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")],
    body: Array(#"{"id": 7, "total": 29.9}"#.utf8)
)
try await placeOrder(request, producer)
await producer.shutdown()
await telemetry.shutdown()
