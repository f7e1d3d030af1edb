// SPDX-License-Identifier: Apache-2.0

#if LoggingSupport
import InMemoryLogging
import Logging
import StitchService
import StitchSwiftServer
import StitchTesting
import TelemetryAPI
import Testing

@Suite("swift-log")
struct LoggingTests {
    @Test("Diagnostics reach the logger with their level and their details")
    func diagnostics() {
        let lines = InMemoryLogHandler()
        var logger = Logger(label: "stitch") { _ in lines }
        logger.logLevel = .trace
        Diagnostics.send(to: logger)
        defer { Diagnostics.setHandler { _ in } }
        for level in Diagnostic.Level.allCases {
            Diagnostics.log(level, "broker 2 is gone", metadata: ["broker": "2"])
        }
        // Other tests may have something to tell meanwhile.
        let own = lines.entries.filter { $0.message == "broker 2 is gone" }
        #expect(own.map(\.level) == [.debug, .info, .warning, .error])
        #expect(own.allSatisfy { $0.metadata == ["broker": "2"] })
    }

    @Test("Log lines name the current span, and no span where there is none")
    func metadata() async throws {
        var lines = InMemoryLogHandler()
        lines.metadataProvider = .stitch
        let logger = Logger(label: "app") { [lines] _ in lines }
        logger.info("before")
        try await withStitchTest { _ in
            TelemetryAPI.withSpan("work") { _ in logger.info("within", metadata: ["order": "7"]) }
        }
        #expect(
            lines.entries.map(\.metadata) == [
                [:],
                [
                    "trace_id": "00000000000000000000000000000001", "span_id": "0000000000000001", "trace_flags": "01",
                    "order": "7",
                ],
            ]
        )
    }
}
#endif
