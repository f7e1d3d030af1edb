// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing
import TraceContext

@testable import TelemetrySDK

extension Numbers {
    fileprivate func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    fileprivate func text() -> String {
        let count = below(10) == 0 ? 100 + below(200) : below(30)
        return String(repeating: ["x", "é", "☃"][below(3)], count: count)
    }

    fileprivate func attributes() -> Attributes {
        var attributes = Attributes()
        for _ in 0..<below(4) { attributes["k\(below(9))"] = [.string(text()), .int(Int64(below(1000)))][below(2)] }
        return attributes
    }

    fileprivate func context() -> SpanContext {
        SpanContext(
            traceID: TraceID(high: next(), low: next() | 1),
            spanID: SpanID(bits: next() | 1),
            flags: TraceFlags(rawValue: UInt8(truncatingIfNeeded: next())),
            state: below(2) == 0 ? TraceState() : TraceState("k=\(next()),v=2") ?? TraceState(),
            isRemote: below(2) == 0
        )
    }
}

@Suite("A span as it is recorded")
struct RecordedSpanTests {
    private static func decoded(_ span: borrowing RecordedSpan) -> SpanData? {
        span.withBytes { bytes in
            var decoder = TelemetryDecoder()
            return try? decoder.span(ProtobufReader(bytes))
        }
    }

    private static func builder(_ limits: SpanLimits) -> SpanBuilder {
        SpanBuilder(
            linkLimit: limits.links,
            attributeLimit: limits.attributes,
            attributesPerLink: limits.attributesPerLink
        )
    }

    @Test("Its bytes say what was said, whatever that was and in whatever order")
    func anySequence() {
        for seed in 0..<3000 {
            let numbers = Numbers(UInt64(seed))
            var limits = SpanLimits()
            if numbers.below(2) == 0 {
                limits.attributes = numbers.below(5)
                limits.events = numbers.below(3)
                limits.links = numbers.below(3)
                limits.attributesPerEvent = numbers.below(3)
                limits.attributesPerLink = numbers.below(3)
            }
            var context = numbers.context()
            context.isRemote = false
            let parent: SpanParentID? =
                numbers.below(3) == 0
                ? nil
                : SpanParentID(id: SpanID(bits: numbers.next() | 1), isRemote: numbers.below(2) == 0)
            let start = Timestamp(nanoseconds: numbers.next() >> 1 | 1)
            var expected = SpanData(
                context: context,
                parentSpanID: parent?.id,
                parentIsRemote: parent?.isRemote,
                name: numbers.text(),
                kind: SpanKind.allCases[numbers.below(5)],
                start: start,
                end: start
            )
            var builder = Self.builder(limits)
            for _ in 0..<numbers.below(4) {
                let (key, number) = ("k\(numbers.below(9))", Int64(numbers.below(5000)))
                builder.attributes.set(key, number)
                Self.set(key, .int(number), &expected, limits)
            }
            var span = RecordedSpan(context, expected.name, expected.kind, parent: parent, start: start, builder)
            for _ in 0..<numbers.below(20) { Self.step(numbers, &span, &expected, limits) }
            let time = Timestamp(nanoseconds: numbers.next() >> 1)
            expected.end = max(start, time)
            let isEarly = span.isEnded
            let (isFirst, isSecond) = (span.end(at: time), span.end(at: time.advanced(by: .seconds(1))))
            let isEnded = span.isEnded
            #expect(!isEarly && isFirst && !isSecond && isEnded)
            #expect(Self.decoded(span) == expected, "seed \(seed)")
            let drops = span.ended.drops
            let ownDrops = SpanDrops(
                attributes: expected.droppedAttributeCount,
                events: expected.droppedEventCount,
                links: expected.droppedLinkCount
            )
            let hasDropped =
                ownDrops != SpanDrops() || expected.events.contains { $0.droppedAttributeCount > 0 }
                || expected.links.contains { $0.droppedAttributeCount > 0 }
            #expect(drops == (hasDropped ? ownDrops : nil), "seed \(seed)")
        }
    }

    private static func set(_ key: String, _ value: AttributeValue?, _ expected: inout SpanData, _ limits: SpanLimits) {
        if value != nil, expected.attributes[key] == nil, expected.attributes.count >= limits.attributes {
            expected.droppedAttributeCount += 1
        } else {
            expected.attributes[key] = value
        }
    }

    private static func first(_ count: Int, of attributes: Attributes) -> Attributes {
        var first = Attributes()
        for element in attributes.elements.prefix(count) { first[element.key] = element.value }
        return first
    }

    private static func step(
        _ numbers: Numbers,
        _ span: inout RecordedSpan,
        _ expected: inout SpanData,
        _ limits: SpanLimits
    ) {
        switch numbers.below(6) {
        case 0:
            let name = numbers.below(4) == 0 ? "" : numbers.text()
            span.rename(name)
            expected.name = name
        case 1:
            let status = [SpanStatus.unset, .ok, .error(""), .error(numbers.text())][numbers.below(4)]
            span.setStatus(status)
            if expected.status != .ok, status != .unset { expected.status = status }
        case 2:
            let event = SpanEvent(
                name: numbers.text(),
                time: Timestamp(nanoseconds: numbers.next() | 1),
                attributes: numbers.attributes()
            )
            span.addEvent(event, limits)
            guard expected.events.count < limits.events else { return expected.droppedEventCount += 1 }
            var kept = event
            kept.attributes = first(limits.attributesPerEvent, of: event.attributes)
            kept.droppedAttributeCount = event.attributes.count - kept.attributes.count
            expected.events.append(kept)
        case 3:
            let link = SpanLink(numbers.context(), attributes: numbers.attributes())
            span.addLink(link)
            guard expected.links.count < limits.links else { return expected.droppedLinkCount += 1 }
            var kept = link
            kept.attributes = first(limits.attributesPerLink, of: link.attributes)
            kept.droppedAttributeCount = link.attributes.count - kept.attributes.count
            expected.links.append(kept)
        default:
            let key = "k\(numbers.below(9))"
            let value: AttributeValue? = numbers.below(4) == 0 ? nil : .string(numbers.text())
            span.setAttribute(key, value)
            set(key, value, &expected, limits)
        }
    }

    @Test("Whether a parent and a link are remote stands in the flags, beside those of the trace")
    func remoteFlags() {
        for isRemote in [true, false] {
            let numbers = Numbers(1)
            var target = numbers.context()
            target.isRemote = isRemote
            for linksByRole in [true, false] {
                var builder = SpanBuilder()
                if linksByRole {
                    target.state = TraceState()
                    builder.addLink(target, role: .attempt)
                } else {
                    builder.addLink(target)
                }
                let context = SpanContext(traceID: target.traceID, spanID: target.spanID, flags: [.sampled, .random])
                let parent = SpanParentID(id: SpanID(bits: 5), isRemote: isRemote)
                var span = RecordedSpan(context, "s", .internal, parent: parent, start: .now, builder)
                _ = span.end(at: .now)
                let data = Self.decoded(span)
                #expect(data?.parentIsRemote == isRemote && data?.context.flags == [.sampled, .random])
                #expect(data?.links.map(\.context) == [target])
            }
        }
    }

    @Test("An error stays one when somebody unsets the status, and can be made good; what is good stays so")
    func status() {
        let processor = CollectingProcessor()
        let tracer = SDKTracer(resource: Resource(), processor: processor)
        for statuses in [[.error("a"), .unset], [.error("a"), .ok, .unset], [.ok, .error("b")]] as [[SpanStatus]] {
            let span = tracer.startSpan("s", ofKind: .internal, parent: nil, following: [], at: nil) { _ in }
            for status in statuses { span.setStatus(status) }
            span.end()
        }
        #expect(processor.all.map(\.status) == [.error("a"), .ok, .ok])
    }

    @Test("What ends is handed on once, with the first end, and takes nothing more in")
    func endsOnce() {
        let processor = CollectingProcessor()
        let tracer = SDKTracer(resource: Resource(), processor: processor)
        let span = tracer.startSpan("s", ofKind: .internal, parent: nil, following: [], at: nil) { _ in }
        let end = Timestamp.now.advanced(by: .seconds(10))
        span.end(at: end)
        span.attributes["late"] = 1
        span.rename("late")
        span.end(at: end.advanced(by: .seconds(1)))
        span.end()
        #expect(processor.all.map(\.name) == ["s"] && processor.all.map(\.end) == [end])
        #expect(processor.all.first?.attributes.isEmpty == true && !span.isRecording)
    }
}
