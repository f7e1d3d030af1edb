// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import TelemetryAPI
import TelemetryData
import Testing
import TraceContext

private typealias Behaviour = ForeignTracer.Behaviour

private struct Broken: Error {}

@Suite("Over tracers that others wrote")
struct ForeignTracerTests {
    let orders = MessageTarget(system: "kafka", destination: "orders")
    let receipts = MessageTarget(system: "kafka", destination: "receipts")

    private static func origin(_ number: UInt64 = 7, sampled: Bool) -> SpanContext {
        SpanContext(
            traceID: TraceID(high: number, low: number),
            spanID: SpanID(bits: number),
            flags: sampled ? .sampled : []
        )
    }

    // MARK: A message keeps its trace

    @Test("a message keeps its trace from a request through send, process and send", arguments: Behaviour.all)
    private func sampled(_ behaviour: Behaviour) async throws {
        let tracer = ForeignTracer(behaviour: behaviour)
        let origin = Self.origin(sampled: true)
        let sent = await flow(tracer, from: origin)
        #expect(sent.map { tracer.extract(from: $0).span?.traceID } == [origin.traceID, origin.traceID])
        #expect(sent.allSatisfy { tracer.extract(from: $0).span?.isSampled == true })

        let spans = tracer.backend.spans
        #expect(spans.map(\.name) == ["POST /orders", "send orders", "process orders", "charge", "send receipts"])
        #expect(spans.map(\.parent?.spanID) == [origin.spanID] + spans.dropLast().map(\.context.spanID))
        #expect(spans.map { $0.links.map(\.spanID) } == [[], [], [spans[1].context.spanID], [], []])
        #expect(spans.allSatisfy { $0.isEnded })
    }

    @Test("so does one that isn't sampled, and nothing of it is recorded", arguments: Behaviour.all)
    private func unsampled(_ behaviour: Behaviour) async throws {
        let tracer = ForeignTracer(behaviour: behaviour)
        let origin = Self.origin(sampled: false)
        let sent = await flow(tracer, from: origin)
        #expect(sent.map { tracer.extract(from: $0).span?.traceID } == [origin.traceID, origin.traceID])
        #expect(sent.allSatisfy { tracer.extract(from: $0).span?.isSampled == false })
        #expect(tracer.backend.spans.isEmpty)
    }

    /// A request sends a message, and work on that sends another one.
    private func flow(_ tracer: ForeignTracer, from origin: SpanContext) async -> [ContextCarrier] {
        await withTracer(tracer) {
            let request = tracer.behaviour.carrier(of: origin)
            let first = withSpan("POST /orders", ofKind: .server, continuing: request) { _ in
                let send = SendSpan(to: orders)
                send.end()
                return send.carrier
            }
            let second = await ProcessSpan(of: ReceivedMessage(carrier: first), from: orders).run {
                withSpan("charge") { _ in
                    let send = SendSpan(to: receipts)
                    send.end()
                    return send.carrier
                }
            }
            return [first, second]
        }
    }

    @Test("what it writes is found in the headers of a message, and nothing else is", arguments: Behaviour.all)
    private func headers(_ behaviour: Behaviour) async throws {
        let tracer = ForeignTracer(behaviour: behaviour)
        let origin = Self.origin(sampled: true)
        let carrier = behaviour.carrier(of: origin, baggage: Baggage("tenant=eu"))
        let headers = carrier.fields.map { (name: $0.name, value: Array($0.value.utf8) as [UInt8]?) }
        let received = withTracer(tracer) { ReceivedMessage(headers: headers + [("cookie", [0x31])]) }
        #expect(received.carrier == carrier)
        await withTracer(tracer) { await ProcessSpan(of: received, from: orders).run {} }
        #expect(tracer.backend.spans.first?.parent?.spanID == origin.spanID)
    }

    // MARK: What is written where a span has nothing to write

    @Test(
        "where a span is dropped, the innermost span round it that has a context goes along",
        arguments: Behaviour.all,
        [["send orders"], ["charge"], ["charge", "send orders"], ["POST /orders", "charge", "send orders"]]
    )
    private func ambient(_ behaviour: Behaviour, _ dropped: Set<String>) throws {
        let tracer = ForeignTracer(behaviour: behaviour, dropped: dropped)
        let origin = Self.origin(sampled: true)
        let incoming = behaviour.carrier(of: origin)
        let sent = withTracer(tracer) {
            withSpan("POST /orders", ofKind: .server, continuing: incoming) { _ in
                withSpan("charge") { _ in
                    #expect(tracer.extract(from: .current()).span?.traceID == origin.traceID)
                    let send = SendSpan(to: orders)
                    send.end()
                    return send.carrier
                }
            }
        }
        let span = try #require(tracer.extract(from: sent).span)
        #expect(span.traceID == origin.traceID)
        guard !behaviour.namesDropped else { return }
        // The innermost that was recorded is what everybody knows; failing all, what came in.
        let recorded = tracer.backend.spans
        #expect(recorded.map(\.name) == ["POST /orders", "charge", "send orders"].filter { !dropped.contains($0) })
        #expect(span.spanID == recorded.last?.context.spanID ?? origin.spanID)
        #expect(recorded.map(\.parent?.spanID) == ([origin.spanID] + recorded.map(\.context.spanID)).dropLast())
    }

    @Test("where no span has anything to write, what came in goes on, to the letter", arguments: Behaviour.silent)
    private func passedOn(_ behaviour: Behaviour) async throws {
        let tracer = ForeignTracer(behaviour: behaviour, dropsAll: true)
        var incoming = behaviour.carrier(of: Self.origin(sampled: false), baggage: Baggage("tenant=eu"))
        // What a later version, or another vendor, may say, and nobody here would write so.
        if incoming["traceparent"] != nil {
            incoming["traceparent"] = "01-\(Self.origin(sampled: false).traceID)-0000000000000007-0a-more"
        }
        incoming["tracestate"] = "b=2 ,, a=1"
        incoming["stitch"] = "o=1700000000000;x=y"
        await withTracer(tracer) {
            #expect(SendSpan(to: orders, incoming: incoming).carrier == incoming)
            #expect(CreateSpan(for: orders, incoming: incoming).carrier == incoming)
            let work = ProcessSpan(of: ReceivedMessage(carrier: incoming), from: orders)
            await work.run {
                #expect(SendSpan(to: receipts).carrier == incoming)
                withSpan("charge") { _ in
                    #expect(CreateSpan(for: receipts).carrier == incoming)
                    #expect(BatchSendSpan(of: [OutgoingMessage()], to: receipts).carriers == [incoming])
                }
            }
            var fields = incoming
            fields["stitch"] = nil
            #expect(await work.run { ContextCarrier.current() } == fields)
            fields["baggage"] = nil
            let request = withSpan("GET /", ofKind: .server, continuing: incoming) { _ in ContextCarrier.current() }
            #expect(request == fields)
        }
        #expect(tracer.backend.spans.isEmpty)
    }

    @Test("what a message carries takes precedence over what came with the work", arguments: Behaviour.silent)
    private func precedence(_ behaviour: Behaviour) async {
        let worked = behaviour.carrier(of: Self.origin(1, sampled: false))
        let message = behaviour.carrier(of: Self.origin(2, sampled: false))
        await withTracer(ForeignTracer(behaviour: behaviour)) {
            await ProcessSpan(of: ReceivedMessage(carrier: worked), from: orders).run {
                #expect(SendSpan(to: receipts, incoming: message).carrier == message)
                #expect(SendSpan(to: receipts).carrier == worked)
            }
        }
    }

    @Test("strangers get neither baggage nor tracestate, whoever writes", arguments: Behaviour.all, [true, false])
    private func external(_ behaviour: Behaviour, sampled: Bool) async {
        let stranger = MessageTarget(system: "kafka", destination: "partner", external: true)
        var incoming = behaviour.carrier(of: Self.origin(sampled: sampled), baggage: Baggage("tenant=eu"))
        incoming["tracestate"] = "a=1"
        await withTracer(ForeignTracer(behaviour: behaviour)) {
            await ProcessSpan(of: ReceivedMessage(carrier: incoming), from: orders).run {
                for carrier in [SendSpan(to: stranger).carrier, .current(external: true)] {
                    #expect(!carrier.isEmpty)
                    let left = ["tracestate", "baggage", "stitch"].compactMap { carrier[$0] }
                    #expect(left.isEmpty)
                }
            }
        }
    }

    // MARK: Links

    @Test("several messages are linked to, sent together and worked on together", arguments: Behaviour.all)
    private func batches(_ behaviour: Behaviour) async throws {
        let tracer = ForeignTracer(behaviour: behaviour)
        try await withTracer(tracer) {
            let batch = BatchSendSpan(of: [OutgoingMessage(), OutgoingMessage()], to: orders)
            batch.end()
            let created = tracer.backend.named("create orders").map(\.context.spanID)
            #expect(created.count == 2)
            #expect(batch.carriers.map { tracer.extract(from: $0).span?.spanID } == created)
            #expect(try #require(tracer.backend.named("send orders").first).links.map(\.spanID) == created)

            var messages = batch.carriers.map { ReceivedMessage(carrier: $0) }
            messages.append(ReceivedMessage(carrier: ContextCarrier()))
            ReceiveSpan.record(&messages, from: orders, since: .now)
            #expect(try #require(tracer.backend.named("poll orders").first).links.map(\.spanID) == created)

            let sent = await ProcessSpan(ofBatch: messages, from: orders).run { SendSpan(to: receipts).carrier }
            let work = try #require(tracer.backend.named("process orders").first)
            #expect(work.parent == nil && work.links.map(\.spanID) == created)
            #expect(tracer.extract(from: sent).span?.traceID == work.context.traceID)
        }
    }

    @Test("nothing is linked to a span that nobody can name", arguments: Behaviour.all)
    private func unnamed(_ behaviour: Behaviour) async throws {
        let tracer = ForeignTracer(behaviour: behaviour)
        await withTracer(tracer) {
            var message = ReceivedMessage(carrier: ContextCarrier())
            message.previousAttempt = .invalid
            await ProcessSpan(of: message, from: orders).run {}
            await ProcessSpan(ofBatch: [message, message], from: orders).run {}
            var messages = [message]
            ReceiveSpan.record(&messages, from: orders, since: .now)
            SendSpan(passingOn: ContextCarrier(), to: orders, attempt: .invalid).end()
            SettleSpan(orders, attempt: .invalid).end()
        }
        #expect(tracer.backend.spans.count == 5)
        #expect(tracer.backend.spans.allSatisfy { $0.links.isEmpty && $0.parent == nil })
    }

    @Test("the span round the work is linked where it isn't the parent", arguments: Behaviour.all)
    private func ambientLink(_ behaviour: Behaviour) async throws {
        let tracer = ForeignTracer(behaviour: behaviour)
        let creation = Self.origin(sampled: true)
        let message = ReceivedMessage(carrier: behaviour.carrier(of: creation))
        await withTracer(tracer) {
            await withSpan("loop") { _ in await ProcessSpan(of: message, from: orders).run {} }
        }
        let loop = try #require(tracer.backend.named("loop").first).context.spanID
        let work = try #require(tracer.backend.named("process orders").first)
        #expect(work.parent?.spanID == creation.spanID)
        #expect(work.links.map(\.spanID) == [creation.spanID, loop])
    }

    @Test("a message that is passed on is linked to, and never rewritten", arguments: Behaviour.all)
    private func passingOn(_ behaviour: Behaviour) throws {
        let tracer = ForeignTracer(behaviour: behaviour)
        var carrier = behaviour.carrier(of: Self.origin(sampled: true))
        carrier["stitch"] = "o=1700000000000"
        carrier["tracestate"] = "a=1"
        let send = withTracer(tracer) { SendSpan(passingOn: carrier, to: orders) }
        send.end()
        #expect(send.carrier == carrier)
        #expect(tracer.backend.spans.first?.links.map(\.spanID) == [Self.origin(sampled: true).spanID])
    }

    // MARK: Errors and rubbish

    @Test("work that fails leaves one error, on its own span", arguments: Behaviour.all)
    private func errors(_ behaviour: Behaviour) async {
        let tracer = ForeignTracer(behaviour: behaviour)
        await withTracer(tracer) {
            _ = await #expect(throws: Broken.self) {
                try await ProcessSpan(of: ReceivedMessage(carrier: ContextCarrier()), from: orders)
                    .run { () async throws in
                        Span.current?.attributes["order.id"] = 7
                        throw Broken()
                    }
            }
        }
        let span = tracer.backend.spans.first
        #expect(span?.events == ["exception"] && span?.isEnded == true)
        #expect(span?.attribute("order.id") == 7)
    }

    @Test(
        "rubbish that comes in starts a trace",
        arguments: Behaviour.all,
        ["", "-", ":::", "00-0-0-0", "00000000000000000000000000000000-0000000000000000-1", "\u{0}ü"]
    )
    private func rubbish(_ behaviour: Behaviour, _ text: String) async {
        let tracer = ForeignTracer(behaviour: behaviour)
        var carrier = ContextCarrier()
        for name in behaviour.format.fields + ["tracestate", "stitch"] { carrier[name] = text }
        await withTracer(tracer) {
            let sent = await ProcessSpan(of: ReceivedMessage(carrier: carrier), from: orders).run {
                SendSpan(to: receipts).carrier
            }
            #expect(tracer.extract(from: sent).span?.isValid == true)
            withSpan("GET /", ofKind: .server, continuing: carrier) { _ in
                #expect(tracer.extract(from: .current()).span?.isValid == true)
            }
        }
        #expect(tracer.backend.spans.map { $0.parent == nil } == [true, false, true])
        #expect(tracer.backend.spans.allSatisfy { $0.links.isEmpty })
    }
}
