// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StitchPostgres

@Suite("A configuration")
struct PostgresConfigurationTests {
    @Test("A URL and the keyword form are read by libpq")
    func forms() throws {
        let url = try PostgresConfiguration("postgres://shop@db.example:5433/orders?application_name=billing")
        #expect(url.settings["host"] == "db.example")
        #expect(url.settings["port"] == "5433")
        #expect(url.database == "orders")
        #expect(url.applicationName == "billing")
        #expect(try PostgresConfiguration("host=db.example dbname=orders").database == "orders")
    }

    @Test("POSTGRES_URL counts; without it everything is left to libpq")
    func environment() throws {
        #expect(try PostgresConfiguration(environment: ["POSTGRES_URL": "postgres://h/shop"]).database == "shop")
        #expect(try PostgresConfiguration(environment: [:]).settings.values.isEmpty)
    }

    @Test("The time to connect that the address gives each host is kept, and 10 seconds where it gives none")
    func connectTimeout() throws {
        #expect(try PostgresConfiguration("postgres://a,b/shop?connect_timeout=3").connectTimeout == .seconds(6))
        #expect(try PostgresConfiguration("host=a connect_timeout=' 20 '").connectTimeout == .seconds(20))
        for text in ["postgres://a/shop", "host=a connect_timeout=0", "host=a connect_timeout=soon"] {
            #expect(try PostgresConfiguration(text).connectTimeout == .seconds(10))
        }
        let environment = ["PGCONNECT_TIMEOUT": "4", "PGHOST": "a,b"]
        #expect(try PostgresConfiguration(environment: environment).connectTimeout == .seconds(8))
    }

    @Test("A password is never printed, however it is printed")
    func secrets() throws {
        var configuration = try PostgresConfiguration("postgres://shop:hunter2@db/orders")
        for keyword in ["sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret"] {
            configuration.settings[keyword] = "hunter2"
        }
        #expect(configuration.settings["password"] == "hunter2")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("db"))
        }
    }

    @Test(
        "An address that can't be read is refused without showing what is in it",
        arguments: [
            "postgres://shop:hunter2%zz@db/orders", "postgres://shop:x@db:hunter2/orders?hunter2", "hunter2",
            "host=db hunter2 = 'hunter2", "host=db\0hunter2", "postgres://u@[hunter2/db",
        ]
    )
    func unreadable(_ text: String) throws {
        let error = try #require(throws: PostgresError.self) { try PostgresConfiguration(text) }
        #expect(error.code == .invalidConfiguration)
        #expect(!"\(error)".contains("hunter2"))
    }

    @Test("Settings that can't work are refused by the pool, by name")
    func refused() throws {
        var configuration = try PostgresConfiguration("postgres://db/orders")
        configuration.maximumConnections = 0
        let error = try #require(throws: PostgresError.self) { try PostgresPool(configuration) }
        #expect(error.code == .invalidConfiguration)
        #expect(error.message.contains("maximumConnections"))
    }
}
