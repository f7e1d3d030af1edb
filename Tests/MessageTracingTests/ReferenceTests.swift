// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchTesting
import TelemetrySDK
import Testing

@Suite("The reference's tables and the code")
struct ReferenceTests {
    private static let conventions = "Sources/TelemetryData/MessagingConventions.swift"

    let page: ReferencePage
    let attributes: ReferencePage.Rows
    let metrics: ReferencePage.Rows

    init() throws {
        page = try ReferencePage("Conventions")
        attributes = page.rows(under: "Attributes of OpenTelemetry", "Attributes of Stitch")
        metrics = page.rows(under: "Metrics of OpenTelemetry", "Metrics of Stitch")
    }

    @Test("Each name that the code has stands in its table once, and nothing else stands there")
    func names() throws {
        func constants(_ type: String) throws -> [String] {
            try SourceConstants(of: type, in: Self.conventions).sorted
        }
        #expect(attributes.codes("Attribute").sorted() == (try constants("enum Attribute")))
        #expect(metrics.codes("Metric").sorted() == (try constants("enum Metric")))
        #expect(page.rows(under: "Links").codes("Role").sorted() == (try constants("enum LinkRole")))
        #expect(page.rows(under: "Contexts").codes("State").sorted() == (try constants("enum ContextFlaw")))
        #expect(page.rows(under: "Operations").codes("Operation").sorted() == (try constants("enum Operation")))
    }

    @Test("The tables keep OpenTelemetry's names and Stitch's apart, and name their version")
    func owners() {
        func isStitch(_ name: String) -> Bool { name.hasPrefix("stitch.") || name == "state" }
        for (kind, column) in [("Attributes", "Attribute"), ("Metrics", "Metric")] {
            #expect(page.rows(under: "\(kind) of Stitch").codes(column).allSatisfy(isStitch))
            #expect(!page.rows(under: "\(kind) of OpenTelemetry").codes(column).contains(where: isStitch))
        }
        let version = MessagingConventions.schemaURL.split(separator: "/").last ?? ""
        #expect(page.text.contains("version \(version)."))
    }

    @Test("Whatever looks like a name on any page is one", arguments: ["MessageTracing", "Conventions", "Propagation"])
    func mentions(name: String) throws {
        let ofJobs = try ReferencePage("Conventions").rows(under: "Metrics of jobs")
        let known = Set(attributes.codes("Attribute") + metrics.codes("Metric") + ofJobs.codes("Metric"))
        let mentioned = try ReferencePage.codes(in: ReferencePage(name).text)
            .filter { $0.wholeMatch(of: /(messaging|stitch|server|error)\.[a-z_.]+/) != nil }
        #expect(Set(mentioned).subtracting(known) == [])
    }

    @Test("Operations are called what the table says, by Kafka too")
    func operations() throws {
        for row in page.rows(under: "Operations") {
            let name = try #require(row["Operation"].flatMap { ReferencePage.codes(in: $0).first })
            let operation = try #require(MessagingConventions.Operation(rawValue: name))
            #expect(operation.name(in: "example") == name)
            #expect(row["For Kafka"] == "`\(operation.name(in: "kafka"))`")
        }
    }

    @Test("Each instrument has the kind, the unit and the buckets that the table says")
    func instruments() throws {
        let instruments = [
            MessagingMetrics.operationDuration.instrument, MessagingMetrics.processDuration.instrument,
            MessagingMetrics.sentMessages.instrument, MessagingMetrics.consumedMessages.instrument,
            MessagingMetrics.messageWait.instrument, MessagingMetrics.messageClockSkew.instrument,
            MessagingMetrics.flowLatency.instrument, MessagingMetrics.context.instrument,
        ]
        let declared = try SourceConstants(
            of: "enum MessagingMetrics",
            in: "Sources/MessageTracing/MessagingMetrics.swift"
        )
        #expect(instruments.count == declared.values.count)
        #expect(instruments.map(\.name).sorted() == metrics.codes("Metric").sorted())

        let bounds = Dictionary(
            uniqueKeysWithValues: page.rows(under: "Buckets").map { row in
                let numbers = row["Upper bounds in seconds"]?.split(separator: ",") ?? []
                return (row["Buckets"] ?? "", numbers.map { Double($0.trimmingPrefix(" ")) })
            }
        )
        let constants = try SourceConstants(of: "enum Boundaries", in: Self.conventions).values.keys
        #expect(bounds.keys.sorted() == constants.map { "`\($0)`" }.sorted())
        #expect(bounds["`duration`"] == MessagingConventions.Boundaries.duration)
        #expect(bounds["`wait`"] == MessagingConventions.Boundaries.wait)
        for instrument in instruments {
            let row = try #require(metrics.with(instrument.name, in: "Metric").first)
            #expect(row["Instrument"] == "\(instrument.kind)", "\(instrument.name)")
            #expect(row["Unit"] == "`\(instrument.unit)`", "\(instrument.name)")
            #expect(bounds[row["Buckets"] ?? ""] ?? [] == instrument.boundaries, "\(instrument.name)")
        }
    }

    // Read from the source, since jobs stand on a library of C that these tests do without.
    @Test("Each instrument of jobs stands in its table, with its kind, its unit and its buckets")
    func instrumentsOfJobs() throws {
        let source = try ReferencePage.file("Sources/TracedJobs/JobMetrics.swift")
        let declaration = /= (\w+)\.Description\(\s*"([^"]+)",\s*unit: "([^"]+)",\s*description: "[^"]+"/
        let boundaries = /,\s*boundaries: \S+\.(\w+)/
        let declared = source.matches(of: declaration).map { match in
            let buckets = source[match.range.upperBound...].prefixMatch(of: boundaries)
            return ["`\(match.2)`", match.1.lowercased(), "`\(match.3)`", buckets.map { "`\($0.1)`" } ?? "–"]
        }
        let stated = page.rows(under: "Metrics of jobs").map { row in
            [row["Metric"] ?? "", row["Instrument"] ?? "", row["Unit"] ?? "", row["Buckets"] ?? ""]
        }
        #expect(declared == stated && declared.count == source.ranges(of: "public static let").count)
        let used = Set(page.rows(under: "Metrics of jobs").codes("Attributes"))
        let own = attributes.with("TracedJobs", in: "Said by").codes("Attribute")
        #expect(used.isSubset(of: own) && used.isSuperset(of: ["stitch.job.state", "stitch.job.outcome"]))
    }

    @Test("Each kind of span is called, is, and links to what the overview says")
    func overview() async throws {
        let rows = try ReferencePage("MessageTracing").rows(under: "Which span when")
        try #require(rows.count == SpanSample.all.count)
        for (row, sample) in zip(rows, SpanSample.all) {
            let comment = Comment(rawValue: row["What happens"] ?? "")
            let spans = try await sample.made().spans
            // An operation on several destinations has none in its name.
            let names = Set(spans.map(\.name)).filter { $0.contains(" ") }
            #expect(names.map { "`\($0.replacing("orders", with: "{destination}"))`" } == [row["Span"] ?? ""], comment)
            let kinds = Set(spans.map { "\($0.kind)" })
            #expect(kinds == [row["Kind"] ?? ""], comment)
            let roles = spans.flatMap(\.links).compactMap {
                $0.attributes[MessagingConventions.Attribute.linkRole]?.stringValue
            }
            #expect(Set(roles) == Set(ReferencePage.codes(in: row["Links"] ?? "")), comment)
        }
    }

    @Test("Links of each role are on the spans that the table says")
    func roles() async throws {
        var places: [String: Set<String>] = [:]
        for sample in SpanSample.all {
            for link in try await sample.made().spans.flatMap(\.links) {
                let role = try #require(link.attributes[MessagingConventions.Attribute.linkRole]?.stringValue)
                places[role, default: []].insert(sample.name)
            }
        }
        for row in page.rows(under: "Links") {
            let role = ReferencePage.codes(in: row["Role"] ?? "").first ?? ""
            #expect(places[role] == Set(ReferencePage.codes(in: row["On"] ?? "")), "\(role)")
        }
    }

    @Test(
        "Each field that is read stands in the table once; so do the keys of the stitch field and those of moved records"
    )
    func fields() throws {
        let page = try ReferencePage("Propagation")
        let fields = page.rows(under: "Fields").codes("Field")
        #expect(fields.sorted() == (ContextCarrier.knownFields + MovedRecord.FieldName.all).sorted())
        #expect(page.rows(under: "Records that were moved, version 1").codes("Field") == MovedRecord.FieldName.all)
        var field = StitchField()
        (field.originMilliseconds, field.wish) = (1, .newTrace)
        let keys = field.description.split(separator: ";").compactMap {
            $0.split(separator: "=").first.map(String.init)
        }
        let rows = page.rows(under: "The stitch field, version 1")
        #expect(rows.codes("Key") == keys)
        let wishes = try SourceConstants(of: "enum Wish", in: "Sources/TraceContext/StitchField.swift").sorted
        #expect(rows.with("c", in: "Key").codes("Value").sorted() == wishes)
        #expect(page.text.contains("at most \(StitchField.maximumByteCount) bytes"))
    }

    @Test("The example of what a message carries is one, to the letter")
    func example() throws {
        let page = try ReferencePage("Propagation")
        let block = try #require(ReferencePage.codes(in: page.text).first { $0.hasPrefix("\ntraceparent: ") })
        var values: [String: String] = [:]
        for line in block.split(separator: "\n") {
            let colon = try #require(line.firstRange(of: ": "))
            values[String(line[..<colon.lowerBound])] = String(line[colon.upperBound...])
        }
        var carrier = ContextCarrier()
        for (name, value) in values { carrier[name] = value }
        let field = StitchField(values["stitch"] ?? "")
        let moved = try #require(MovedRecord { values[$0] })
        #expect(carrier.spanContext?.traceParent.description == values["traceparent"])
        #expect(Baggage(values["baggage"] ?? "").members.map(\.key) == ["tenant"])
        #expect(
            field.originMilliseconds != nil && field.wish == .continueTrace && field.description == values["stitch"]
        )
        #expect(moved.previous?.traceID == carrier.spanContext?.traceID && moved.attempt == 1)
        for (name, value) in moved.fields { #expect(values[name] == value) }
    }
}
