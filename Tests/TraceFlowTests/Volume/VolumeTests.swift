// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import TraceFlow

@Suite("How much there is of what")
struct VolumeTests {
    private func volume(
        _ spans: [SpanData],
        bucketLength: Duration = .seconds(60),
        _ set: (inout VolumeCounter.Limits) -> Void = { _ in }
    ) -> Volume {
        var limits = VolumeCounter.Limits()
        set(&limits)
        var counter = VolumeCounter(bucketLength: bucketLength, limits: limits)
        for span in spans { counter.add(span) }
        return counter.volume
    }

    @Test("Spans and bytes are told by service, name and key; bytes are those of OTLP")
    func amounts() throws {
        let spans = [
            Fixture.span("a", trace: 1, 1, attributes: ["key": "value", "n": 1]),
            Fixture.span("a", trace: 1, 2, attributes: ["key": "other"]),
            Fixture.span("b", trace: 1, 3, service: "billing"),
        ]
        let volume = volume(spans)
        let bytes = spans.map { span in ProtobufWriter.bytes(capacity: 64) { $0.write(span: span, field: 2) }.count }
        #expect(volume.total == Volume.Amount(spans: 3, bytes: bytes.reduce(0, +)))
        #expect(volume.services.map(\.name) == ["shop", "billing"])
        #expect(volume.services.first?.amount == Volume.Amount(spans: 2, bytes: bytes[0] + bytes[1]))
        #expect(volume.names.map(\.name) == ["a", "b"])
        let key = try #require(volume.attributes.first)
        #expect(key.key == "key" && key.amount == Volume.Amount(spans: 2, bytes: 16) && key.values == .exactly(2))
        #expect(volume.attributes.last?.amount == Volume.Amount(spans: 1, bytes: 9))
    }

    @Test("Values are counted exactly up to a limit, and more than that beyond it")
    func values() {
        func values(_ count: Int) -> DistinctCount? {
            let spans = (0..<200).map { number in
                Fixture.span("a", trace: 1, UInt64(number), attributes: ["key": .int(Int64(number % count))])
            }
            return volume(spans) { $0.values = 50 }.attributes.first?.values
        }
        #expect(values(50) == .exactly(50))
        #expect(values(51) == .moreThan(50))
        #expect(values(51)?.description == "more than 50")
    }

    @Test("What there is too much of to keep apart is counted together")
    func unlisted() {
        let spans = (0..<20).map { number in
            Fixture.span(
                "name \(number)",
                trace: 1,
                UInt64(number),
                service: "s\(number)",
                attributes: ["k\(number)": 1]
            )
        }
        let volume = volume(spans) { limits in
            limits.services = 5
            limits.names = 6
            limits.keys = 7
        }
        #expect(volume.services.count == 5 && volume.unlisted.services.spans == 15)
        #expect(volume.names.count == 6 && volume.unlisted.names.spans == 14)
        #expect(volume.attributes.count == 7 && volume.unlisted.attributes.spans == 13)
        #expect(volume.total.spans == 20 && volume.buckets.first?.amount.spans == 20)
    }

    @Test("Growth is told over stretches of time")
    func growth() {
        let spans = (0..<300).map { number in
            // A hundred spans in the first two minutes, twice as many in the next two.
            let time = number < 100 ? number * 1_200 : 120_000 + (number - 100) * 600
            return Fixture.span("a", trace: 1, UInt64(number), start: UInt64(time) + 20_000)
        }
        let volume = volume(spans)
        #expect(volume.buckets.map(\.amount.spans) == [50, 50, 100, 100])
        #expect(volume.growth == 2 && volume.bucketLength == .seconds(60))
        #expect(volume.buckets.first?.services.keys.sorted() == ["shop"])
        #expect(self.volume([spans[0]]).growth == nil)
    }

    @Test("Stretches become longer when there are too many, and absurd times have their own")
    func coarse() {
        var spans = (0..<1_000).map { Fixture.span("a", trace: 1, UInt64($0), start: UInt64($0) * 60_000) }
        spans[0].start = Timestamp(nanoseconds: 0)
        spans[1].start = Timestamp(nanoseconds: .max)
        let volume = volume(spans) { $0.buckets = 100 }
        #expect(volume.buckets.count <= 100 && volume.bucketLength == .seconds(960))
        #expect(volume.buckets.map(\.amount.spans).reduce(0, +) == 1_000)
        #expect(volume.buckets.first?.amount.spans == 1 && volume.buckets.last?.amount.spans == 1)
        let one = self.volume(spans) { $0.buckets = 1 }
        #expect(one.buckets.count == 1)
    }

    @Test("Names that are in flows and never on a critical path are told")
    func neverCritical() {
        let spans = Fixture.twoOrders
        let index = SpanIndex(spans)
        var counter = VolumeCounter()
        for span in spans { counter.add(span) }
        for origin in index.origins {
            let flow = index.flow(from: origin)
            counter.note(flow, critical: Set(flow.spans.filter { $0.name != "send mail" }.map(\.reference)))
        }
        #expect(counter.volume.neverCritical.map(\.name) == ["send mail"])
        #expect(counter.volume.neverCritical.first?.inFlows == 2)
    }

    @Test("A count of all spans for each line finds the same", arguments: 0..<20)
    func twin(_ seed: UInt64) {
        let spans = RandomSystem.spans(seed: seed, origins: 30)
        let volume = volume(spans, bucketLength: .milliseconds(50))
        func bytes(_ spans: [SpanData]) -> Int {
            spans.map { span in ProtobufWriter.bytes(capacity: 64) { $0.write(span: span, field: 2) }.count }.reduce(
                0,
                +
            )
        }
        #expect(volume.services.count == Set(spans.map(\.resource.serviceName)).count)
        for service in volume.services {
            let own = spans.filter { $0.resource.serviceName == service.name }
            #expect(service.amount == Volume.Amount(spans: own.count, bytes: bytes(own)))
        }
        #expect(volume.names.map(\.amount.spans).reduce(0, +) == spans.count)
        for name in volume.names {
            let own = spans.filter { $0.resource.serviceName == name.service && $0.name == name.name }
            #expect(name.amount == Volume.Amount(spans: own.count, bytes: bytes(own)))
        }
        for attribute in volume.attributes {
            let values = spans.compactMap { $0.attributes[attribute.key] }
            #expect(attribute.amount.spans == values.count && attribute.values == .exactly(Set(values).count))
        }
        for bucket in volume.buckets {
            let end = bucket.start.nanoseconds + 50_000_000
            let own = spans.filter { $0.start >= bucket.start && $0.start.nanoseconds < end }
            #expect(bucket.amount == Volume.Amount(spans: own.count, bytes: bytes(own)))
        }
    }
}
