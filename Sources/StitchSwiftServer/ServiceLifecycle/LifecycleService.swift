// SPDX-License-Identifier: Apache-2.0

#if ServiceLifecycleSupport
public import ServiceLifecycle
public import StitchService

/// A service of Stitch in a group of swift-service-lifecycle.
///
/// ```swift
/// let group = ServiceGroup(
///     services: [LifecycleService(telemetry), LifecycleService(consumer), httpServer],
///     gracefulShutdownSignals: [.sigterm],
///     logger: logger
/// )
/// ```
///
/// **Contract.** The group's graceful shutdown is the service's own: it stops its intake, lets what was begun finish within
/// its `drain` time, and ends. Cancellation stops it at once. A group stops its services in reverse order, so a telemetry
/// comes first in the list.
public struct LifecycleService: ServiceLifecycle.Service {
    private let service: any StitchService.Service

    /// The service, to be run by a group alone.
    public init(_ service: any StitchService.Service) {
        self.service = service
    }

    /// Works until the group shuts down, or the calling task is cancelled.
    ///
    /// - Throws: What made it impossible for the service to go on.
    public func run() async throws {
        let service = service
        // One element at most: a group shuts down once.
        let (requests, request) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        async let stopping: Void = {
            for await _ in requests { await service.shutdown() }
        }()
        let outcome: Result<Void, any Error>
        do {
            try await withGracefulShutdownHandler {
                try await service.run()
            } onGracefulShutdown: {
                request.yield()
                request.finish()
            }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        request.finish()
        await stopping
        try outcome.get()
    }
}
#endif
