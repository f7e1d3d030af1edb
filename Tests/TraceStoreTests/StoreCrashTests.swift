// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TelemetryData
import Testing
import TraceContext
import TraceFlow

@testable import TraceStore

@Suite("A store whose process is killed", .serialized)
struct StoreCrashTests {
    private static let rounds = 52
    private static let spanCount = 20

    /// The batches of a round: each is a trace, so that it is easily seen whether all of it is there.
    private static func batch(_ number: Int, of round: Int) -> [SpanData] {
        var samples = SampleSpans(seed: UInt64(round * 100_000 + number + 1))
        let trace = TraceID(high: UInt64(round + 1), low: UInt64(number + 1))
        return (0..<spanCount).map { _ in
            samples.span(of: trace, nil, at: 1_700_000_000_000_000_000 + UInt64(number) * 1_000, nil)
        }
    }

    private static func configuration(_ folder: String) -> TraceStoreConfiguration {
        TraceStoreConfiguration(directory: "\(folder)/store", sealingCount: 200)
    }

    /// The folder of a test process; its children find it by their parent's number.
    private static func folder(of process: Int32) -> String { "/tmp/stitch-crash-\(process)" }

    /// What a child does until it is killed: it appends, and notes what was acknowledged.
    private static func child() async {
        let folder = folder(of: getppid())
        guard let text = try? String(contentsOfFile: "\(folder)/round", encoding: .utf8), let round = Int(text),
            let store = try? FileSpanStore(configuration(folder))
        else { return }
        let notes = open("\(folder)/acknowledged-\(round)", O_WRONLY | O_CREAT | O_APPEND, 0o644)
        // Some die at once, some in the midst of a sealing, some after several.
        let delay = UInt32((round * 7_919) % 120_000 + 500)
        Thread.detachNewThread {
            usleep(delay)
            kill(getpid(), SIGKILL)
        }
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<3 { group.addTask { await append(store, round, every: 3, from: task, notes) } }
        }
    }

    private static func append(
        _ store: FileSpanStore,
        _ round: Int,
        every step: Int,
        from first: Int,
        _ notes: Int32
    ) async {
        for number in stride(from: first, to: .max, by: step) {
            guard (try? await store.append(batch(number, of: round))) != nil else { return }
            let line = "\(number)\n"
            _ = line.withCString { write(notes, $0, strlen($0)) }
        }
    }

    private static func acknowledged(_ folder: String, _ round: Int) -> [Int] {
        let text = (try? String(contentsOfFile: "\(folder)/acknowledged-\(round)", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { Int($0) }
    }

    @Test("Nothing that was acknowledged is lost, nothing is there in part, and a reader sees whole batches")
    func kills() async throws {
        let folder = Self.folder(of: getpid())
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let first = try FileSpanStore(Self.configuration(folder))
        await first.shutdown()
        var kept = 0
        for round in 0..<Self.rounds {
            try "\(round)".write(toFile: "\(folder)/round", atomically: true, encoding: .utf8)
            let isOver = Flag()
            let reading = Task {
                try await Self.read(folder, round) { isOver.isSet }
            }
            await #expect(processExitsWith: .signal(SIGKILL)) { await StoreCrashTests.child() }
            isOver.set()
            #expect(try await reading.value == [], "a reader saw part of a batch in round \(round)")
            kept += try await Self.check(folder, round)
        }
        // And all of it once more, after the last.
        let store = try FileSpanStore(Self.configuration(folder))
        var counts: [TraceID: Int] = [:]
        try await store.read { for span in $0 { counts[span.traceID, default: 0] += 1 } }
        #expect(counts.values.allSatisfy { $0 == Self.spanCount })
        #expect(counts.count >= kept && kept > Self.rounds)
        #expect(try await store.damagedFiles == [])
        await store.shutdown()
    }

    /// Looks at batches while they are written; those of which only a part was there.
    private static func read(_ folder: String, _ round: Int, _ isOver: @Sendable () -> Bool) async throws -> [Int] {
        let reader = try FileSpanStore(reading: "\(folder)/store")
        var partial: [Int] = []
        while !isOver() {
            let newest = acknowledged(folder, round).last ?? 0
            for number in max(0, newest - 3)...newest + 3 {
                let trace = TraceID(high: UInt64(round + 1), low: UInt64(number + 1))
                let count = try await reader.spans(of: [trace]).count
                if count != 0 && count != spanCount { partial.append(number) }
            }
            await Task.yield()
        }
        await reader.shutdown()
        return partial
    }

    /// Opens the store as after a crash, and looks for what was acknowledged in a round.
    private static func check(_ folder: String, _ round: Int) async throws -> Int {
        let store = try FileSpanStore(configuration(folder))
        let acknowledged = Set(acknowledged(folder, round))
        for number in 0..<((acknowledged.max() ?? 0) + 10) {
            let trace = TraceID(high: UInt64(round + 1), low: UInt64(number + 1))
            let found = try await store.spans(of: [trace])
            if acknowledged.contains(number) {
                #expect(sorted(found) == sorted(batch(number, of: round)), "batch \(number) of round \(round)")
            } else {
                #expect(found.isEmpty || found.count == spanCount)
            }
        }
        await store.shutdown()
        return acknowledged.count
    }
}

private final class Flag: Sendable {
    private let state = Atomic(false)

    var isSet: Bool { state.load(ordering: .relaxed) }
    func set() { state.store(true, ordering: .relaxed) }
}
