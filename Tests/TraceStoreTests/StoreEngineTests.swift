// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData
import Testing

@testable import TraceStore

@Suite("What a store on disk does when something fails")
struct StoreEngineTests {
    @Test(
        "What the manifest says outlives power loss, as copies are removed for it",
        arguments: [
            TraceStoreConfiguration.Durability.process, .power,
        ]
    )
    func manifest(_ durability: TraceStoreConfiguration.Durability) async throws {
        try await withDirectory { directory in
            let configuration = TraceStoreConfiguration(directory: directory, durability: durability)
            let engine = try StoreEngine(configuration, .writing, now: { .now })
            #expect(try engine.manifest.synchronous == 2)
        }
    }
}
