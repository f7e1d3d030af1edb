// SPDX-License-Identifier: Apache-2.0

import Foundation
import Stitch
import StitchOTLP

/// One run of the demo: servers, services, all orders to their end, and everything stopped again.
struct DemoRun {
    let options: DemoOptions
    let orders: [Order]
    let folder: URL
    let progress: ProgressLine

    /// How many spans may wait in a service: enough that none is dropped.
    private static let queueCapacity = 1 << 17

    /// Runs it.
    ///
    /// - Returns: The spans of all services, and their files.
    func run() async throws -> [URL] {
        progress.show("starting \(options.kafka == nil ? "Kafka" : "topics") and Postgres")
        let run = String(UInt32.random(in: .min ... .max), radix: 36)
        let servers = try await DemoServers.start(options, run: run)
        do {
            let files = try await work(servers, run: run)
            await servers.stop()
            return files
        } catch {
            await servers.stop()
            throw error
        }
    }

    private func work(_ servers: DemoServers, run: String) async throws -> [URL] {
        var services: [ServiceProcess] = []
        do {
            for service in DemoService.allCases { services.append(try start(service, servers, run: run)) }
            try await waitUntilComplete(services)
        } catch {
            for service in services.reversed() { await service.stop() }
            throw error
        }
        progress.show("collecting spans")
        for service in services { await service.stop() }
        if let failure = services.lazy.compactMap(\.failure).first { throw failure }
        return DemoService.allCases.map { spansFile(of: $0) }
    }

    private func start(_ service: DemoService, _ servers: DemoServers, run: String) throws -> ServiceProcess {
        let settings = DemoSettings(
            ordersFile: folder.appending(path: "orders.jsonl").path,
            ordersTopic: servers.topics.orders,
            paymentsTopic: servers.topics.payments,
            group: options.kafka == nil ? "" : "-\(run)",
            jobsSchema: servers.jobsSchema,
            shopSchema: servers.shopSchema
        )
        let environment = [
            DemoSettings.variable: try settings.environmentValue(),
            "OTEL_SERVICE_NAME": service.rawValue,
            "OTEL_RESOURCE_ATTRIBUTES": "",
            "OTEL_BSP_MAX_QUEUE_SIZE": "\(Self.queueCapacity)",
            "OTEL_BSP_SCHEDULE_DELAY": "500",
            "STITCH_TRACES_FILE": spansFile(of: service).path,
            "KAFKA_BOOTSTRAP_SERVERS": servers.brokers,
            "KAFKA_CLIENT_ID": service.rawValue,
            "POSTGRES_URL": servers.postgresURL,
        ]
        let log = folder.appending(path: "\(service.rawValue).log")
        return try ServiceProcess(service, environment: environment, log: log)
    }

    private func spansFile(of service: DemoService) -> URL {
        folder.appending(path: "\(service.rawValue).otlp.jsonl")
    }

    /// Follows the services until every order has gone all the way, or one of them ends, or nothing moves any more.
    private func waitUntilComplete(_ services: [ServiceProcess]) async throws {
        let board = DemoBoard()
        let watchdog = Watchdog()
        let orders = orders.count
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in services {
                group.addTask {
                    for await counts in service.counts {
                        let now = board.merge(counts)
                        watchdog.moved()
                        progress.show(now.text(orders: orders))
                        if service.service == .billing { services.first?.send("\(now.billed)") }
                        if now.isComplete(orders: orders) { return }
                    }
                    if Task.isCancelled { return }
                    await service.waitUntilEnded()
                    throw service.failure
                        ?? .failure("\(service.service.rawValue) ended before the orders were through")
                }
            }
            group.addTask {
                try await watchdog.run()
                let reached = board.counts.text(orders: orders)
                throw CommandError.failure("nothing has moved for \(Watchdog.patience.text): \(reached)")
            }
            defer { group.cancelAll() }
            try await group.next()
            try Task.checkCancellation()
        }
    }
}
