// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Testing

@testable import TelemetrySDK

private struct Refused: Error {}

/// Keeps the reports; can be told to hold them up.
///
/// `@unchecked Sendable`: every stored property that changes is touched only while `condition` is locked.
private final class KeepingExporter: MetricExporter, @unchecked Sendable {
    private let condition = NSCondition()
    private var isOpen: Bool
    private var reports: [[MetricData]] = []
    private var shutdowns = 0
    private var exporting = 0
    private let fails: Bool

    init(isOpen: Bool = true, fails: Bool = false) {
        self.isOpen = isOpen
        self.fails = fails
    }

    func export(_ metrics: [MetricData]) throws {
        try condition.withLock {
            exporting += 1
            condition.broadcast()
            while !isOpen { condition.wait() }
            reports.append(metrics)
            condition.broadcast()
            if fails { throw Refused() }
        }
    }

    func shutdown() {
        condition.withLock {
            shutdowns += 1
            isOpen = true
            condition.broadcast()
        }
    }

    func open() {
        condition.withLock {
            isOpen = true
            condition.broadcast()
        }
    }

    func waitForReports(_ count: Int) {
        condition.withLock { while reports.count < count { condition.wait() } }
    }

    func waitForExport() {
        condition.withLock { while exporting == 0 { condition.wait() } }
    }

    var all: [[MetricData]] { condition.withLock { reports } }
    var shutdownCount: Int { condition.withLock { shutdowns } }
}

@Suite("Reports at intervals")
struct PeriodicMetricReaderTests {
    @Test("Reports come by themselves, one after the other, each with everything measured")
    func periodic() {
        let meter = SDKMeter()
        let exporter = KeepingExporter()
        let reader = PeriodicMetricReader(meter: meter, exporter: exporter, interval: .milliseconds(1))
        meter.counter(Shop.served).add(1)
        exporter.waitForReports(3)
        meter.counter(Shop.served).add(1)
        #expect(reader.shutdown())
        #expect(exporter.all.last?.first?.numbers.map(\.value) == [.int(2)])
        #expect(exporter.shutdownCount == 1)
    }

    @Test("A flush reports what was measured before it, without waiting for the interval")
    func flush() {
        let meter = SDKMeter()
        let exporter = KeepingExporter()
        let reader = PeriodicMetricReader(meter: meter, exporter: exporter)
        #expect(reader.flush() && exporter.all.isEmpty, "nothing was measured, so there is nothing to say")
        meter.counter(Shop.served).add(1)
        #expect(reader.flush())
        #expect(exporter.all.map { $0.map(\.name) } == [["shop.served"]])
        reader.shutdown()
    }

    @Test("An interval and times that no clock can tell are very long ones")
    func absurdTimes() {
        let meter = SDKMeter()
        let exporter = KeepingExporter()
        let reader = PeriodicMetricReader(meter: meter, exporter: exporter, interval: .milliseconds(Int64.max))
        meter.counter(Shop.served).add(1)
        #expect(reader.flush(timeout: .seconds(Int64.max)))
        #expect(reader.shutdown(timeout: .seconds(Int64.max)) && exporter.all.count == 2)
    }

    @Test("The last report comes with the shutdown, which may be called twice; nothing is reported later")
    func shutdown() {
        let meter = SDKMeter()
        let exporter = KeepingExporter()
        let reader = PeriodicMetricReader(meter: meter, exporter: exporter)
        meter.counter(Shop.served).add(1)
        #expect(reader.shutdown() && reader.shutdown())
        #expect(exporter.all.count == 1 && exporter.shutdownCount == 1)
        #expect(!reader.flush() && exporter.all.count == 1)
    }

    @Test("Where the exporter hangs, flush and shutdown end with their time; the exporter is shut down all the same")
    func deadline() {
        let meter = SDKMeter()
        let exporter = KeepingExporter(isOpen: false)
        let reader = PeriodicMetricReader(meter: meter, exporter: exporter)
        meter.counter(Shop.served).add(1)
        #expect(!reader.flush(timeout: .milliseconds(1)))
        exporter.waitForExport()
        #expect(!reader.shutdown(timeout: .milliseconds(1)))
        #expect(exporter.shutdownCount == 1)
        #expect(reader.shutdown(), "the thread ends once the exporter lets it")
    }

    @Test("A flush during an export waits for a report of its own")
    func flushDuringExport() {
        let meter = SDKMeter()
        let exporter = KeepingExporter(isOpen: false)
        let reader = PeriodicMetricReader(meter: meter, exporter: exporter)
        meter.counter(Shop.served).add(1)
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            reader.flush()
            done.signal()
        }
        exporter.waitForExport()
        meter.counter(Shop.served).add(1)
        Thread.detachNewThread { exporter.open() }
        #expect(reader.flush())
        done.wait()
        #expect(exporter.all.last?.first?.numbers.map(\.value) == [.int(2)])
        reader.shutdown()
    }

    @Test("A report that could not be delivered ends nothing: the next holds its values too")
    func failure() {
        let meter = SDKMeter()
        let exporter = KeepingExporter(fails: true)
        let reader = PeriodicMetricReader(meter: meter, exporter: exporter)
        meter.counter(Shop.served).add(1)
        #expect(reader.flush())
        meter.counter(Shop.served).add(1)
        #expect(reader.flush())
        #expect(exporter.all.map { $0.first?.numbers.map(\.value) } == [[.int(1)], [.int(2)]])
        reader.shutdown()
    }

    @Test("Told so, a report is of what came since the one before")
    func delta() {
        let meter = SDKMeter()
        let exporter = KeepingExporter()
        let reader = PeriodicMetricReader(meter: meter, exporter: exporter, temporality: .delta)
        meter.counter(Shop.served).add(5)
        reader.flush()
        meter.counter(Shop.served).add(3)
        reader.shutdown()
        #expect(exporter.all.map { $0.first?.numbers.map(\.value) } == [[.int(5)], [.int(3)]])
    }
}
