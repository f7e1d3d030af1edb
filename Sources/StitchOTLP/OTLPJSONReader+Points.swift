// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Reads the points of metrics.
extension OTLPJSONReader {
    /// A point of a sum or a gauge; `nil` if there is none.
    mutating func numberPoint() throws(OTLPError) -> NumberPoint? {
        try spend(4)
        var point = NumberPoint(time: Timestamp(nanoseconds: 0), value: .int(0))
        guard var isFirst = try object("dataPoints") else { return nil }
        while let key = try json.nextKey(&isFirst) {
            if key.is("attributes") {
                point.attributes = try attributes()
            } else if key.is("startTimeUnixNano") {
                point.start = try start()
            } else if key.is("timeUnixNano") {
                point.time = try time("timeUnixNano")
            } else if key.is("asInt") {
                point.value = .int(try integer("asInt"))
            } else if key.is("asDouble") {
                point.value = .double(try double("asDouble"))
            } else if key.is("exemplars") {
                point.exemplars = try exemplars()
            } else {
                try json.skip()
            }
        }
        return point
    }

    /// A point of a histogram; `nil` if there is none.
    mutating func histogramPoint() throws(OTLPError) -> HistogramPoint? {
        try spend(4)
        var point = HistogramPoint(time: Timestamp(nanoseconds: 0), boundaries: [], bucketCounts: [], sum: 0)
        var count: UInt64 = 0
        guard var isFirst = try object("dataPoints") else { return nil }
        while let key = try json.nextKey(&isFirst) {
            if key.is("attributes") {
                point.attributes = try attributes()
            } else if key.is("startTimeUnixNano") {
                point.start = try start()
            } else if key.is("timeUnixNano") {
                point.time = try time("timeUnixNano")
            } else if key.is("count") {
                count = UInt64(bitPattern: try integer("count"))
            } else if key.is("sum") {
                point.sum = try double("sum")
            } else if key.is("bucketCounts") {
                point.bucketCounts = try bucketCounts()
            } else if key.is("explicitBounds") {
                point.boundaries = try boundaries()
            } else if key.is("exemplars") {
                point.exemplars = try exemplars()
            } else if key.is("min") {
                point.minimum = try double("min")
            } else if key.is("max") {
                point.maximum = try double("max")
            } else {
                try json.skip()
            }
        }
        point.takeOneBucket(of: count)
        return point
    }

    private mutating func bucketCounts() throws(OTLPError) -> [UInt64] {
        var counts: [UInt64] = []
        try list("bucketCounts") { reader throws(OTLPError) in
            try reader.spend()
            counts.append(UInt64(bitPattern: try reader.integer("bucketCounts")))
        }
        return counts
    }

    private mutating func boundaries() throws(OTLPError) -> [Double] {
        var boundaries: [Double] = []
        try list("explicitBounds") { reader throws(OTLPError) in
            try reader.spend()
            boundaries.append(try reader.double("explicitBounds"))
        }
        return boundaries
    }

    /// A time that is not told is written as 0, or not at all.
    private mutating func start() throws(OTLPError) -> Timestamp? {
        let time = try time("startTimeUnixNano")
        return time.nanoseconds == 0 ? nil : time
    }

    private mutating func exemplars() throws(OTLPError) -> [Exemplar] {
        var exemplars: [Exemplar] = []
        try list("exemplars") { reader throws(OTLPError) in
            if let exemplar = try reader.exemplar() { exemplars.append(exemplar) }
        }
        return exemplars
    }

    private mutating func exemplar() throws(OTLPError) -> Exemplar? {
        try spend(2)
        var exemplar = Exemplar(time: Timestamp(nanoseconds: 0), value: .int(0))
        guard var isFirst = try object("exemplars") else { return nil }
        while let key = try json.nextKey(&isFirst) {
            if key.is("filteredAttributes") {
                exemplar.attributes = try attributes()
            } else if key.is("timeUnixNano") {
                exemplar.time = try time("timeUnixNano")
            } else if key.is("asInt") {
                exemplar.value = .int(try integer("asInt"))
            } else if key.is("asDouble") {
                exemplar.value = .double(try double("asDouble"))
            } else if key.is("spanId") {
                let span = try spanID("spanId", isRequired: false)
                exemplar.spanID = span.isValid ? span : nil
            } else if key.is("traceId") {
                let trace = try traceID("traceId", isRequired: false)
                exemplar.traceID = trace.isValid ? trace : nil
            } else {
                try json.skip()
            }
        }
        return exemplar
    }
}
