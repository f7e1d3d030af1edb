// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchTesting
import Testing
import TraceContext

@testable import TracedJobs

/// The columns of a job's row, in memory.
private struct Columns: CarrierFixture {
    let kind = CarrierKind.row

    /// Another program may put what it has into the column for other fields.
    func message(holding fields: [CarrierField]) throws -> CarrierColumns? {
        guard let texts = CarrierField.dictionary(fields) else { return nil }
        var columns = CarrierColumns(ContextCarrier())
        columns.others = String(decoding: try JSONEncoder().encode(texts), as: UTF8.self)
        return columns
    }

    func fields(of columns: CarrierColumns) throws -> [CarrierField] {
        var fields: [CarrierField] = []
        if let context = columns.creation {
            fields.append(CarrierField("traceparent", context.traceParent.description))
        }
        if let state = columns.state { fields.append(CarrierField("tracestate", state)) }
        if let baggage = columns.baggage { fields.append(CarrierField("baggage", baggage)) }
        if let others = columns.others {
            let texts = try JSONDecoder().decode([String: String].self, from: Data(others.utf8))
            fields += texts.map { CarrierField($0.key, $0.value) }
        }
        return fields
    }

    func write(_ carrier: ContextCarrier, to columns: inout CarrierColumns) { columns = CarrierColumns(carrier) }

    func carrier(of columns: CarrierColumns) -> ContextCarrier { columns.carrier }
}

@Test("The columns of a job keep every rule of a carrier")
func columnsConform() async {
    let violations = await CarrierConformance.violations(of: Columns(), generated: 2000)
    #expect(violations.isEmpty)
}
