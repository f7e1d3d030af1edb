// SPDX-License-Identifier: Apache-2.0

import Testing

/// The service in each of its ways, and somebody to be called; started once for the suite that has this trait.
struct RunningServices: SuiteTrait, TestScoping {
    struct Services: Sendable {
        var services: [ServiceProcess]
        var target: RecordingTarget
        var targetPort: Int
    }

    @TaskLocal static var current: Services?

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await RecordingTarget.run { target, port in
            async let http = ServiceProcess.start(via: "http")
            async let kafka = ServiceProcess.start(via: "kafka")
            async let job = ServiceProcess.start(via: "job")
            let services = try await [http, kafka, job]
            let result: Result<Void, any Error>
            do {
                try await Self.$current.withValue(Services(services: services, target: target, targetPort: port)) {
                    try await function()
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            for service in services {
                let outcome = await service.stop()
                #expect(outcome.status == 0, "via \(service.way): \(outcome.error)")
                #expect(outcome.error.isEmpty, "via \(service.way)")
            }
            try result.get()
        }
    }
}

extension Trait where Self == RunningServices {
    /// Starts the services for the suite.
    static var runningServices: RunningServices { RunningServices() }
}
