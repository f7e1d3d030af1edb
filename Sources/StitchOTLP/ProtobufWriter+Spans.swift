// SPDX-License-Identifier: Apache-2.0

import TelemetryData

extension ProtobufWriter {
    /// Writes `ExportTraceServiceRequest`, `ResourceSpans` and `ScopeSpans` round the spans.
    mutating func write(_ groups: SpanGroups, of spans: UnsafeBufferPointer<SpanData>) {
        for group in groups.resources {
            let resource = spans[group.first].resource
            write(message: 1, lengthWidth: Self.lengthWidth(spans.count)) { writer in
                writer.write(resource: resource, field: 1)
                for scoped in group.scopes {
                    let scope = spans[scoped.first].scope
                    writer.write(message: 2, lengthWidth: Self.lengthWidth(scoped.count)) { writer in
                        writer.write(scope: scope, field: 1)
                        for run in scoped.runs {
                            writer.write(spans: UnsafeBufferPointer(rebasing: spans[run]), field: 2)
                        }
                        writer.write(nonEmpty: scope.schemaURL, field: 3)
                    }
                }
                writer.write(nonEmpty: resource.schemaURL, field: 3)
            }
        }
    }

    /// Writes the same round spans that are encoded already, the scopes of one resource together.
    mutating func write(_ spans: EncodedSpans) {
        var rest = spans.groups[...]
        while let first = rest.first {
            let same = rest.filter { $0.resource == first.resource }
            rest = rest.filter { $0.resource != first.resource }[...]
            write(message: 1, lengthWidth: Self.lengthWidth(spans.count)) { writer in
                writer.write(resource: first.resource, field: 1)
                for group in same { writer.write(group) }
                writer.write(nonEmpty: first.resource.schemaURL, field: 3)
            }
        }
    }

    private mutating func write(_ group: EncodedSpans.Group) {
        write(message: 2, lengthWidth: Self.lengthWidth(group.count)) { writer in
            writer.write(scope: group.scope, field: 1)
            group.bytes.withUnsafeBytes { writer.buffer.append($0) }
            writer.write(nonEmpty: group.scope.schemaURL, field: 3)
        }
    }

    /// In how many bytes the length of so many spans is likely to fit.
    private static func lengthWidth(_ count: Int) -> Int {
        count < 40 ? 2 : count < 4000 ? 3 : 4
    }
}
