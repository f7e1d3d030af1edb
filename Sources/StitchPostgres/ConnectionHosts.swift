// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The hosts of an address, in the order in which libpq tries them.
///
/// libpq goes from one to the next by itself when it is refused, but waits for a silent one for as long as it is let.
struct ConnectionHosts: Sendable, Equatable {
    private struct Host: Sendable, Equatable {
        var name: String?
        var address: String?
        var port: String?
    }

    private let settings: ConnectionSettings
    private var hosts: [Host] = []
    /// Whether libpq tries them in an order of its own.
    private let isShuffled: Bool

    /// Takes the hosts from the settings, or from the variables that libpq would read.
    init(
        _ settings: ConnectionSettings,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.settings = settings
        isShuffled = settings["load_balance_hosts"] == "random" || environment["PGLOADBALANCEHOSTS"] == "random"
        func list(_ keyword: String, _ variable: String) -> [String] {
            // A service's file comes before the variables.
            let mayBeElsewhere = settings["service"] != nil || environment["PGSERVICE"] != nil
            let text = settings[keyword] ?? (mayBeElsewhere ? nil : environment[variable]) ?? ""
            return text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
        }
        let (names, addresses) = (list("host", "PGHOST"), list("hostaddr", "PGHOSTADDR"))
        let ports = list("port", "PGPORT")
        let count = max(names.count, addresses.count)
        // What does not go together, or leaves something to defaults, is left to libpq.
        guard count > 1, [names, addresses].allSatisfy({ $0.isEmpty || $0.count == count }),
            ports.count <= 1 || ports.count == count, !(names + addresses).contains("")
        else { return }
        hosts = (0..<count).map { index in
            Host(
                name: names.isEmpty ? nil : names[index],
                address: addresses.isEmpty ? nil : addresses[index],
                // Empty for the usual one.
                port: ports.count > 1 ? ports[index] : ports.first
            )
        }
    }

    /// How many there are, 1 where nothing is known of several.
    var count: Int { max(hosts.count, 1) }

    /// The settings, with these hosts.
    var applied: ConnectionSettings {
        guard !hosts.isEmpty else { return settings }
        var settings = settings
        for (keyword, values) in [
            ("host", hosts.map(\.name)), ("hostaddr", hosts.map(\.address)), ("port", hosts.map(\.port)),
        ] {
            let values = values.compactMap { $0 }
            if !values.isEmpty { settings[keyword] = values.joined(separator: ",") }
        }
        return settings
    }

    /// Which one libpq is at, by what it says of itself.
    func place(of name: String, port: String) -> Int? {
        hosts.firstIndex { host in
            let ports = [nil, "", port]
            return (host.name ?? host.address) == name && ports.contains(host.port)
        }
    }

    /// How much of the time that is left belongs to one of them, so that each that follows has as much.
    func share(of time: Duration, at place: Int) -> Duration {
        time / max(isShuffled ? count : count - place, 1)
    }

    /// Leaves one out.
    ///
    /// - Returns: What it is called; `nil` when it is the last, and stays.
    mutating func remove(at place: Int) -> String? {
        guard hosts.count > 1, hosts.indices.contains(place) else { return nil }
        let host = hosts.remove(at: place)
        return [host.name ?? host.address, host.port].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ":")
    }
}
