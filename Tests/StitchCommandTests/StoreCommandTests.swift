// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchOTLP
import TelemetryData
import Testing
import TraceContext
import TraceFlow
import TraceStore

@testable import StitchCommand

@Suite("Commands over a store")
struct StoreCommandTests {
    private func withStore(
        _ spans: [SpanData] = Shop.orders(3),
        _ body: (_ store: String, _ file: String) async throws -> Void
    ) async throws {
        try await CommandFixture.withFile(spans) { file, folder in
            let store = folder.appending(path: "spans").path
            let outcome = await CommandFixture.run(["import", file, "--store", store])
            #expect(outcome.status == 0, "\(outcome.error)")
            try await body(store, file)
        }
    }

    @Test("What is imported again is not there twice, and is exported as it came")
    func importing() async throws {
        try await withStore { store, file in
            let again = await CommandFixture.run(["import", file], environment: ["STITCH_STORE": store])
            #expect(again.error.contains("18 spans imported"))
            let output = file + ".out"
            #expect(await CommandFixture.run(["export", "--store", store, "--output", output]).status == 0)
            let spans = try OTLPJSONLines.read(contentsOf: URL(filePath: output))
            #expect(Set(spans) == Set(Shop.orders(3)))
            #expect(spans.count == 18)
            let some = await CommandFixture.run(["export", "shop.order_id=1", "--store", store])
            let line = try #require(some.output.split(separator: "\n").first)
            #expect(Set(try OTLPJSONLines.decode(line: Data(line.utf8))) == Set(Shop.order(1)))
        }
    }

    @Test("A store answers as a file does")
    func same() async throws {
        try await withStore(Shop.orders(30)) { store, file in
            let commands = [
                ["flows"], ["flows", "--limit", "7"], ["flows", "error -> not error"],
                ["flows", "--json", "wait > 1s"],
                ["show", "4bf92f3577b34da6", "--critical-path"], ["show", Shop.trace(of: 3).description, "--json"],
                ["lint"],
                ["topology"], ["topology", "--json"], ["topology", "--dot"], ["volume"],
                ["diff", Shop.trace(of: 1).description, Shop.trace(of: 2).description],
                ["diff", Shop.trace(of: 1).description, "--usual"],
            ]
            for command in commands {
                let ofFile = await CommandFixture.run(command + ["--file", file])
                let ofStore = await CommandFixture.run(command + ["--store", store])
                #expect(ofFile.output == ofStore.output, "\(command)")
                #expect(ofFile.status == ofStore.status, "\(command)")
                #expect(!ofFile.output.isEmpty, "\(command) \(ofFile.error)")
            }
        }
    }

    @Test("What lies beyond the edges of a time is no finding, in a store or a file")
    func lintedWindow() async throws {
        let created = Shop.span("create audit", of: 1, 7, from: 100, for: 1, service: "billing", kind: .producer)
        let link = SpanLink(created.context)
        let relayed = Shop.span("send audit", of: 9, 8, links: [link], from: 0, for: 1, service: "relay")
        let outbox = [created.operating("create"), relayed.operating("send")]
        try await withStore(Shop.orders(3) + outbox) { store, file in
            for source in [["--store", store], ["--file", file]] {
                let window = ["--from", Shop.moment(of: 1, at: 2_007), "--to", Shop.moment(of: 1, at: 2_050)]
                #expect(await CommandFixture.run(["lint"] + source + window).output == "1 spans: nothing found\n")
                let right = ["--to", Shop.moment(of: 1, at: 150)]
                #expect(await CommandFixture.run(["lint"] + source + right).output == "9 spans: nothing found\n")
                let newest = await CommandFixture.run(["lint", "--limit", "5"] + source)
                #expect(newest.output == "5 spans: nothing found\n")
            }
        }
    }

    @Test("What isn't there at all is a finding of a time too")
    func lintedHole() async throws {
        let spans = Shop.orders(3).filter { $0.name != "send orders" || $0.traceID != Shop.trace(of: 1) }
        try await withStore(spans) { store, _ in
            let window = ["--from", Shop.moment(of: 1, at: 100), "--to", Shop.moment(of: 2, at: 0)]
            let outcome = await CommandFixture.run(["lint", "--json", "--store", store] + window)
            #expect(outcome.status == 1)
            #expect(outcome.lines.filter { $0.contains("\"code\"") }.count == 1)
            #expect(outcome.output.contains("\"orphan\""))
        }
    }

    @Test("In a store that is written to, what may still arrive is neither a finding nor unexplained")
    func young() async throws {
        var child = Shop.order(0)[1]
        (child.start, child.end) = (.now, .now)
        try await withStore([child]) { store, _ in
            #expect(await CommandFixture.run(["lint", "--store", store]).status == 0)
            let shown = await CommandFixture.run(["show", Shop.trace(of: 0).description, "--store", store])
            #expect(shown.output.contains("it may still arrive"))
        }
    }

    @Test("What is older than all that a store holds has expired")
    func expired() async throws {
        var work = Shop.order(0)[2]
        work.attributes[MessagingConventions.Attribute.wait] = 3_600.0
        try await withStore([work] + Shop.order(1)) { store, _ in
            let shown = await CommandFixture.run(["show", Shop.trace(of: 0).description, "--store", store])
            #expect(shown.output.contains("which isn't there: it is older than what is kept"))
        }
    }

    @Test("A store that isn't there is said to be missing, and reading makes none")
    func missing() async throws {
        try await CommandFixture.withFile([]) { _, folder in
            let store = folder.appending(path: "none").path
            let outcome = await CommandFixture.run(["flows", "--store", store])
            #expect(outcome.status == 1)
            #expect(outcome.error.hasPrefix("stitch: "))
            #expect(!FileManager.default.fileExists(atPath: store))
            #expect(await CommandFixture.run(["flows", "--store", store, "--file", "x"]).status == 64)
        }
    }

    @Test("Whoever follows sees a flow that comes later")
    func follow() async throws {
        try await withStore(Shop.orders(2)) { store, _ in
            let reading = try FileSpanStore(reading: store)
            let (found, flow) = AsyncStream.makeStream(of: String.self)
            var seen = FlowFollower.Seen()
            for order: UInt64 in 0..<2 {
                if let known = try await reading.flow(of: Shop.order(order)[0].reference) { seen.insert(known) }
            }
            let follower = FlowFollower(store: reading, request: try FlowRequest(ParsedArguments()), seen: seen)
            let following = Task { try await follower.run { flow.yield($0.origin.traceID.description) } }
            defer { following.cancel() }
            let writing = try FileSpanStore(TraceStoreConfiguration(directory: store))
            try await writing.append(Shop.order(2))
            var iterator = found.makeAsyncIterator()
            #expect(await iterator.next() == Shop.trace(of: 2).description)
            // Another span of a flow that was handed out.
            var late = Shop.order(2)[0]
            late.parentSpanID = late.spanID
            late.context.spanID = SpanID(bits: 0x77)
            try await writing.append([late])
            #expect(await iterator.next() == Shop.trace(of: 2).description)
            await writing.shutdown()
        }
    }

    @Test("Whoever follows sees a flow again whose work comes an hour later, and no old one that was not asked for")
    func laterWork() async throws {
        func order(_ number: UInt64, at start: Timestamp) -> SpanData {
            var span = Shop.order(number)[0]
            (span.start, span.end) = (start, start)
            return span
        }
        let hourAgo = Timestamp.now.advanced(by: .seconds(-3_600))
        let old = order(0, at: hourAgo)
        try await withStore([old, order(1, at: hourAgo), order(2, at: .now), order(3, at: .now)]) { store, _ in
            let reading = try FileSpanStore(reading: store)
            let (found, flow) = AsyncStream.makeStream(of: Flow.self)
            var seen = FlowFollower.Seen()
            // Only the newest was asked for.
            seen.insert(try #require(try await reading.flow(of: Shop.order(3)[0].reference)))
            let follower = FlowFollower(store: reading, request: try FlowRequest(ParsedArguments()), seen: seen)
            let following = Task {
                defer { flow.finish() }
                try await follower.run { flow.yield($0) }
            }
            defer { following.cancel() }
            var job = old
            job.parentSpanID = old.spanID
            job.context.spanID = SpanID(bits: 0x78)
            (job.start, job.end) = (.now, .now)
            let writing = try FileSpanStore(TraceStoreConfiguration(directory: store))
            try await writing.append([job])
            var iterator = found.makeAsyncIterator()
            let first = await iterator.next()
            #expect(first?.origin.reference == old.reference && first?.spans.count == 2)
            await writing.shutdown()
        }
    }

    @Test(
        "An origin whose clock is ahead hides no flow of the present from whoever follows",
        .timeLimit(.minutes(1))
    )
    func clockAhead() async throws {
        var ahead = Shop.order(0)[0]
        ahead.start = .now.advanced(by: .seconds(3_600))
        ahead.end = ahead.start
        try await withStore([ahead]) { store, _ in
            let reading = try FileSpanStore(reading: store)
            var seen = FlowFollower.Seen()
            seen.insert(try #require(try await reading.flow(of: ahead.reference)))
            let (found, flow) = AsyncStream.makeStream(of: TraceID.self)
            let follower = FlowFollower(store: reading, request: try FlowRequest(ParsedArguments()), seen: seen)
            let following = Task {
                defer { flow.finish() }
                try await follower.run { flow.yield($0.origin.traceID) }
            }
            defer { following.cancel() }
            let writing = try FileSpanStore(TraceStoreConfiguration(directory: store))
            var present = Shop.order(1)[0]
            (present.start, present.end) = (.now, .now)
            try await writing.append([present])
            var iterator = found.makeAsyncIterator()
            #expect(await iterator.next() == present.traceID)
            await writing.shutdown()
        }
    }
}
