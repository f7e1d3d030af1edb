// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow

extension SpanData {
    /// Whether its links lead to what caused it: polls and commits have links that join nothing.
    var leadsToCauses: Bool { messagingOperation != .receive && messagingOperation != .settle }

    /// What caused it, whether it is there or not: its parent, and what it links to.
    var causes: [SpanReference] {
        var causes = parent.map { [SpanReference($0)] } ?? []
        if leadsToCauses { causes += links.filter { $0.role != .ambient }.map { SpanReference($0.context) } }
        return causes.filter { $0 != reference }
    }
}
