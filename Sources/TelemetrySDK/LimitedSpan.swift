// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

/// A span that keeps to limits: takes what is said, as much as is allowed, and counts the rest.
///
/// Pure.
struct LimitedSpan {
    private(set) var data: SpanData
    private let limits: SpanLimits

    /// A span as it starts; the links beyond the limit have been left out and counted.
    init(_ data: SpanData, limits: SpanLimits) {
        self.data = data
        self.limits = limits
        (self.data.attributes, self.data.droppedAttributeCount) = limits.limited(data.attributes, to: limits.attributes)
        // Links are nearly always short; then they stay where they are.
        for (index, link) in data.links.enumerated()
        where limits.attributeValueLength != nil || link.attributes.count > limits.attributesPerLink {
            self.data.links[index] = limits.limited(link)
        }
    }

    /// Whether anything was left out.
    var hasDropped: Bool {
        data.droppedAttributeCount + data.droppedEventCount + data.droppedLinkCount > 0
            || data.events.contains { $0.droppedAttributeCount > 0 }
            || data.links.contains { $0.droppedAttributeCount > 0 }
    }

    mutating func setAttribute(_ key: String, _ value: AttributeValue?) {
        guard let value else {
            data.attributes[key] = nil
            return
        }
        if data.attributes.count < limits.attributes || data.attributes[key] != nil {
            data.attributes[key] = limits.limited(value)
        } else {
            data.droppedAttributeCount += 1
        }
    }

    mutating func addEvent(_ event: SpanEvent) {
        if data.events.count < limits.events {
            data.events.append(limits.limited(event))
        } else {
            data.droppedEventCount += 1
        }
    }

    mutating func addLink(_ link: SpanLink) {
        if data.links.count < limits.links {
            data.links.append(limits.limited(link))
        } else {
            data.droppedLinkCount += 1
        }
    }

    mutating func rename(_ name: String) { data.name = name }

    /// The last one counts, except that `ok` is final.
    mutating func setStatus(_ status: SpanStatus) {
        if data.status != .ok { data.status = status }
    }

    /// Not before the start, whatever the clocks say.
    mutating func end(at time: Timestamp) { data.end = max(data.start, time) }
}
