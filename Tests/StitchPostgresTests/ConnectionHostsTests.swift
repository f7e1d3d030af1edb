// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchPostgres

@Suite("The hosts of an address")
struct ConnectionHostsTests {
    private func hosts(_ text: String, _ environment: [String: String] = [:]) throws -> ConnectionHosts {
        ConnectionHosts(try ConnectionSettings(parsing: text), environment: environment)
    }

    @Test("They are known by name and port, and each has its share of the time that is left")
    func places() throws {
        let hosts = try hosts("postgres://a:1,b:2,a:3/shop")
        #expect(hosts.count == 3)
        #expect(hosts.place(of: "a", port: "3") == 2)
        #expect(hosts.place(of: "c", port: "1") == nil)
        #expect(hosts.share(of: .seconds(9), at: 0) == .seconds(3))
        #expect(hosts.share(of: .seconds(6), at: 1) == .seconds(3))
        #expect(hosts.share(of: .seconds(5), at: 2) == .seconds(5))
        let shuffled = try self.hosts("host=a,b", ["PGLOADBALANCEHOSTS": "random"])
        #expect(shuffled.share(of: .seconds(8), at: 1) == .seconds(4))
    }

    @Test("One that says nothing is left out, the last one stays, and one port may be that of all")
    func leavingOut() throws {
        var hosts = try hosts("host=a,b,c port=7 dbname=shop")
        #expect(hosts.remove(at: 1) == "b:7")
        #expect(hosts.applied["host"] == "a,c")
        #expect(hosts.applied["port"] == "7,7")
        #expect(hosts.applied["dbname"] == "shop")
        #expect(hosts.remove(at: 0) == "a:7")
        #expect(hosts.remove(at: 0) == nil)
        #expect(hosts.applied["host"] == "c")
        var unnumbered = try self.hosts("postgres://a,b:7/shop")
        #expect(unnumbered.place(of: "a", port: "5432") == 0)
        #expect(unnumbered.remove(at: 0) == "a")
        #expect(unnumbered.applied["port"] == "7")
    }

    @Test("Addresses and the variables of libpq count; what does not go together is left to libpq")
    func sources() throws {
        #expect(try hosts("dbname=shop", ["PGHOST": "a,b", "PGPORT": "1,2"]).place(of: "b", port: "2") == 1)
        #expect(try hosts("hostaddr=127.0.0.1,127.0.0.2").place(of: "127.0.0.2", port: "5432") == 1)
        for text in ["host=a,b port=1,2,3", "host=a,b hostaddr=127.0.0.1", "host=a,", "host=a", "dbname=shop"] {
            let hosts = try hosts(text)
            #expect(hosts.count == 1)
            #expect(try hosts.applied == ConnectionSettings(parsing: text))
        }
        #expect(try hosts("service=shop", ["PGHOST": "a,b"]).count == 1)
    }
}
