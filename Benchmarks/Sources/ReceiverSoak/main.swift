// SPDX-License-Identifier: Apache-2.0

// Makes 100,000 spans a second while their receiver is in trouble, for as many seconds as its argument says, 60 without one,
// for each trouble that there is. Prints what became of them, how much memory came to be resident and how long a span kept its
// caller; fails when a span is unaccounted for, or when more memory is kept than the queue may have and as much for the
// requests on their way.

import Foundation
import SoakSupport
import Stitch

let seconds = CommandLine.arguments.dropFirst().first.map { Double($0) ?? 0 } ?? 60
var failures: [String] = []

func stop(_ message: String) -> Never {
    try? FileHandle.standardError.write(contentsOf: Data("soak: \(message)\n".utf8))
    exit(1)
}

if seconds < 1 { stop("give a number of seconds from 1 on") }

for trouble in Trouble.allCases {
    let receiver = try TroubledReceiver(trouble)
    var configuration = TelemetryConfiguration(serviceName: "soak", exporters: [.otlp], metricsExporters: [])
    configuration.otlp = OTLPHTTPConfiguration(endpoint: receiver.endpoint + "/v1/traces")
    let telemetry = try Telemetry.start(configuration)
    // What the first spans of a thread need is no growth.
    let first = SpanLoad.run(0.2)
    let before = ResidentMemory.now ?? 0
    let peak = PeakMemory()
    let outcome = SpanLoad.run(seconds)
    let growth = peak.stop() - before
    await telemetry.shutdown()
    receiver.stop()
    let counts = telemetry.counts
    let unaccounted = first.spans + outcome.spans - Int(counts.exported + counts.dropped + counts.failed)
    let name = "receiver.\(trouble)"
    print("\(name)_spans \(Int(Double(outcome.spans) / seconds)) per second")
    print("\(name)_exported \(counts.exported) count")
    print("\(name)_failed \(counts.failed) count")
    print("\(name)_dropped \(counts.dropped) count")
    print("\(name)_unaccounted \(unaccounted) count")
    print("\(name)_growth \(growth) B")
    print("\(name)_span_p999 \(String(format: "%.0f", outcome.nanoseconds)) ns")
    if unaccounted != 0 { failures.append("\(trouble): \(unaccounted) spans are unaccounted for") }
    if growth > 16 << 20 { failures.append("\(trouble): the memory grew by \(growth) B") }
}
if !failures.isEmpty { stop(failures.joined(separator: "; ")) }
