// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// What of a flow is not as in others of its kind, to be printed.
struct UsualDifference {
    private let profile: FlowProfile
    private let flow: Flow
    private let deviations: [FlowProfile.Deviation]

    init(_ profile: FlowProfile, _ flow: Flow) {
        self.profile = profile
        self.flow = flow
        deviations = profile.deviations(of: flow)
    }

    private static let mostHops = 50

    func text(_ console: Console) -> String {
        let took = flow.end.duration(since: flow.origin.start).text
        let kind = "\(profile.kind)".cut(to: console.terminal.width)
        let usual = "\(profile.duration.p50.text) (p50), \(profile.duration.p95.text) (p95)"
        let title = "\(kind): took \(took); usual of \(profile.flows.grouped) others is \(usual)"
        var text = title.wrapped(to: console.terminal.width).map { console.paint($0, .bold) + "\n" }.joined() + "\n"
        guard !deviations.isEmpty else { return text + "Nothing of it is out of the usual.\n" }
        text += table.text(console)
        if deviations.count > Self.mostHops { text += "and \((deviations.count - Self.mostHops).grouped) more\n" }
        return text
    }

    private var table: TextTable {
        TextTable(
            columns: [
                .init("HOP"), .init("SERVICE"), .init("WHAT", longest: 20), .init("HERE", isNumber: true),
                .init("P50", isNumber: true), .init("P95", isNumber: true), .init("ABOVE P95", isNumber: true),
            ],
            rows: deviations.prefix(Self.mostHops).map { deviation in
                let usual = deviation.aspect == .wait ? deviation.usual?.wait : deviation.usual?.ownTime
                let hasLength = deviation.length != nil
                return [
                    deviation.path.last?.name ?? "", deviation.path.last?.service ?? "", deviation.aspect.text,
                    deviation.length?.text ?? "–", hasLength ? usual?.p50.text ?? "–" : "–",
                    hasLength ? usual?.p95.text ?? "–" : "–", hasLength ? deviation.excess.signedText : "–",
                ]
            }
        )
    }

    struct Document: Encodable {
        struct Deviation: Encodable {
            var path: [String]
            var aspect: String
            var span: String?
            var seconds: Double?
            var excessSeconds: Double
        }

        var service: String
        var name: String
        var flows: Int
        var deviations: [Deviation]
    }

    var document: Document {
        Document(
            service: profile.kind.service,
            name: profile.kind.name,
            flows: profile.flows,
            deviations: deviations.map { deviation in
                Document.Deviation(
                    path: deviation.path.hops.map(\.description),
                    aspect: deviation.aspect.rawValue,
                    span: deviation.span?.description,
                    seconds: deviation.length.map { $0 / .seconds(1) },
                    excessSeconds: deviation.excess / .seconds(1)
                )
            }
        )
    }
}

extension FlowProfile.Deviation.Aspect {
    fileprivate var text: String {
        switch self {
        case .ownTime: "took longer"
        case .wait: "waited longer"
        case .failure: "failed"
        case .unexpected: "is hardly ever there"
        case .absent: "is missing"
        }
    }
}
