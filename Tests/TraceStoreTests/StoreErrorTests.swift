// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceStore

@Suite("Errors of a store")
struct StoreErrorTests {
    @Test("An error says its code and what to change")
    func description() {
        let error = StoreError(.locked, "could not open /var/stitch: another process writes to it; stop that one first")
        #expect(error.description.hasPrefix("locked: could not open"))
    }
}
