// SPDX-License-Identifier: Apache-2.0

import Foundation
import Stitch
import TracedJobs
import TracedKafka

/// One of a demo's services: what `stitch demo` starts a process for.
enum DemoService: String, CaseIterable {
    case storefront
    case billing
    case notifier

    static let commandName = "demo-service"

    static func run(_ arguments: [String]) async throws {
        guard let service = arguments.first.flatMap({ DemoService(rawValue: $0) }) else {
            throw CommandError.usage("the services of a demo are started by `stitch demo`")
        }
        let environment = ProcessInfo.processInfo.environment
        let settings = try DemoSettings.read(environment)
        var configuration = TelemetryConfiguration()
        // The file of a large demo takes its time on a small machine.
        configuration.shutdownTimeout = .seconds(30)
        let telemetry = try Telemetry.start(configuration)
        let report = ProgressReport()
        switch service {
        case .storefront: try await runStorefront(telemetry, report, settings)
        case .billing: try await runBilling(telemetry, report, settings)
        case .notifier: try await runNotifier(telemetry, report, settings)
        }
    }

    private static func runStorefront(
        _ telemetry: Telemetry,
        _ report: ProgressReport,
        _ settings: DemoSettings
    ) async throws {
        let orders = OrderFile(try Data(contentsOf: URL(filePath: settings.ordersFile)), name: settings.ordersFile)
        let producer = try TracedKafkaProducer(kafka())
        let storefront = Storefront(producer, orders: orders.orders, topic: settings.ordersTopic, report: report)
        let watch = ParentWatch { line in
            if let billed = Int(line) { storefront.billed(billed) }
        }
        try await runUntilSignal(telemetry, report, watch, producer, storefront)
    }

    private static func runBilling(
        _ telemetry: Telemetry,
        _ report: ProgressReport,
        _ settings: DemoSettings
    ) async throws {
        let database = try PostgresPool(PostgresConfiguration())
        let producer = try TracedKafkaProducer(kafka())
        let billing = Billing(
            database: database,
            jobs: try JobQueue(database, schema: settings.jobsSchema),
            producer: producer,
            settings: settings,
            report: report
        )
        let consumer = try TracedKafkaConsumer(
            kafka(),
            group: "billing\(settings.group)",
            topics: [settings.ordersTopic]
        ) { record in
            try await billing.handle(record)
        }
        try await runUntilSignal(telemetry, report, ParentWatch(), database, producer, consumer)
    }

    private static func runNotifier(
        _ telemetry: Telemetry,
        _ report: ProgressReport,
        _ settings: DemoSettings
    ) async throws {
        let database = try PostgresPool(PostgresConfiguration())
        let notifier = Notifier(report: report)
        var configuration = JobWorkerConfiguration(queues: ["default": Notifier.concurrency])
        configuration.retry = RetryPolicy(initialDelay: .seconds(1))
        let worker = try JobWorker(JobQueue(database, schema: settings.jobsSchema), configuration)
            .handle(SendReceipt.self) { job, attempt in try await notifier.send(job, attempt) }
            .handle(RequestReview.self) { job, attempt in try await notifier.request(job, attempt) }
        let consumer = try TracedKafkaConsumer(
            kafka(),
            group: "notifier\(settings.group)",
            topics: [settings.paymentsTopic],
            batchesOf: Notifier.batchSize
        ) { payments in
            try await notifier.note(payments)
        }
        try await runUntilSignal(telemetry, report, ParentWatch(), database, worker, consumer)
    }

    private static func kafka() -> KafkaConfiguration {
        var configuration = KafkaConfiguration()
        configuration.linger = .milliseconds(1)
        return configuration
    }
}
