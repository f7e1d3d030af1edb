// SPDX-License-Identifier: Apache-2.0

// Takes requests for calls by POST on /test, makes the calls, and answers when all have answered; by `--via`, the calls
// are made at once, by a Kafka consumer that gets the request as a message, or by a worker that gets it as a job. The
// trace of the request goes through all three. `TraceContextService --help` says more. W3C's validation suite of trace
// context drives it: `SPEC_LEVEL=2 STRICT_LEVEL=2 python3 test.py http://127.0.0.1:8080/test`.

import Foundation
import Stitch

do {
    let options = try ServiceOptions(CommandLine.arguments.dropFirst())
    if options.isHelp {
        print(ServiceOptions.help)
        exit(0)
    }
    let telemetry = try Telemetry.start()
    switch options.way {
    case .http: try await serveDirectly(options, telemetry)
    case .kafka: try await serveThroughKafka(options, telemetry)
    case .job: try await serveThroughJobs(options, telemetry)
    }
} catch {
    FileHandle.standardError.write(Data("TraceContextService: \(error)\n".utf8))
    exit(error is UsageError ? 64 : 1)
}
