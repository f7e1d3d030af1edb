// SPDX-License-Identifier: Apache-2.0

#if DistributedTracingSupport
import Synchronization
import Tracing

/// Finds out which fields an instrument reads: it has no list of them, but it can be watched.
final class FieldProbe: Extractor {
    private let asked = Mutex<Set<String>>([])
    private let answer: String?

    private init(answer: String?) { self.answer = answer }

    func extract(key: String, from carrier: Void) -> String? {
        asked.withLock { _ = $0.insert(key.lowercased()) }
        return answer
    }

    /// The names of the fields that an instrument reads, in lower case.
    ///
    /// It is asked twice: some read a second field only where the first is there, and others only where it isn't.
    static func fields(of instrument: any Instrument) -> Set<String> {
        [nil, "0"].reduce(into: []) { fields, answer in
            let probe = FieldProbe(answer: answer)
            var context = ServiceContext.topLevel
            instrument.extract((), into: &context, using: probe)
            fields.formUnion(probe.asked.withLock { $0 })
        }
    }
}
#endif
