// SPDX-License-Identifier: Apache-2.0

import Stitch

/// Makes the calls of a request right where it is handled.
func serveDirectly(_ options: ServiceOptions, _ telemetry: Telemetry) async throws {
    let make: CallMaking = { calls, _ in try await makeCalls(calls) }
    let server = try Entry(make).listen(options.port)
    try await runUntilSignal(telemetry, server, Announcement(server, make))
}
