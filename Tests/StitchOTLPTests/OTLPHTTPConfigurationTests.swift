// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import StitchOTLP

@Suite("Where OTLP goes")
struct OTLPHTTPConfigurationTests {
    private func failure(_ change: (inout OTLPHTTPConfiguration) -> Void) -> String? {
        var configuration = OTLPHTTPConfiguration()
        change(&configuration)
        let error = #expect(throws: OTLPError.self) { _ = try OTLPHTTPExporter(configuration) }
        #expect(error?.code == .invalidConfiguration)
        return error?.message
    }

    @Test("What is right is taken")
    func valid() throws {
        _ = try OTLPHTTPExporter()
        var configuration = OTLPHTTPConfiguration(endpoint: "HTTPS://[::1]:4318")
        configuration.headers = [("x-key", ""), ("X_Key.2", "ü = 1")]
        _ = try OTLPHTTPExporter(configuration)
    }

    @Test(
        "An endpoint that is no URL of HTTP is refused by name, without its secrets",
        arguments: [
            "", "localhost:4318", "ftp://host/", "http://", "/v1/traces", "unix:///tmp/s", "http://h/\r\nX: y",
            "ftp://me:hunter22@host/?key=hunter22",
        ]
    )
    func endpoint(text: String) {
        let message = failure { $0.endpoint = text }
        #expect(message?.hasPrefix("endpoint is ") == true && message?.contains("hunter22") == false)
    }

    @Test("A header that could write fields of its own is refused, and its value not told")
    func headers() {
        #expect(failure { $0.headers = [("x", "hunter22\r\nHost: y")] }?.contains("hunter22") == false)
        for name in ["", "a b", "a:b", "a\n", "ä"] {
            #expect(failure { $0.headers = [(name, "v")] }?.hasPrefix("a header's name is ") == true)
        }
    }

    @Test("Numbers and files are checked")
    func rest() {
        #expect(failure { $0.timeout = .zero }?.hasPrefix("timeout is ") == true)
        #expect(failure { $0.maximumRequestSize = 0 } != nil)
        #expect(failure { $0.maximumAnswerSize = -1 } != nil)
        let unreadable = failure {
            $0.endpoint = "https://host/"
            $0.certificateAuthority = "/no/such.pem"
        }
        #expect(unreadable?.hasPrefix("certificateAuthority is \"/no/such.pem\"") == true)
        #expect(failure { $0.clientCertificate = "/dev/null" }?.contains("clientKey") == true)
    }

    @Test("Over HTTP without TLS no certificate is read")
    func plain() throws {
        var configuration = OTLPHTTPConfiguration()
        (configuration.clientCertificate, configuration.clientKey) = ("/no/such.pem", "/no/such.key")
        configuration.certificateAuthority = "/no/such.pem"
        _ = try OTLPHTTPExporter(configuration)
    }

    @Test("A file that can't be read is named by its variable, unless code has set another one")
    func variable() {
        let name = "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE"
        let read = OTLPHTTPConfiguration(environment: [name: "/no/such.pem"])
        func failure(_ authority: String?) -> String? {
            self.failure {
                $0 = read
                $0.endpoint = "https://host/"
                $0.certificateAuthority = authority
            }
        }
        #expect(failure("/no/such.pem")?.hasPrefix("\(name) is ") == true)
        #expect(failure("/another.pem")?.hasPrefix("certificateAuthority is ") == true)
    }

    @Test(
        "Without variables the defaults of OpenTelemetry count; the base gets the signal's path, an own endpoint none"
    )
    func endpoints() {
        func endpoint(_ environment: [String: String], _ signal: OTLPHTTPConfiguration.Signal = .traces) -> String {
            OTLPHTTPConfiguration(environment: environment, signal: signal).endpoint
        }
        #expect(endpoint([:]) == "http://localhost:4318/v1/traces")
        let all = "OTEL_EXPORTER_OTLP_ENDPOINT", own = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
        #expect(endpoint([all: "http://a:1"]) == "http://a:1/v1/traces")
        #expect(endpoint([all: "http://a:1/x%2Fy/"], .metrics) == "http://a:1/x%2Fy/v1/metrics")
        #expect(endpoint([all: "http://a:1", own: "http://b:2"]) == "http://b:2/")
        #expect(endpoint([all: "http://a:1", own: "http://b:2"], .metrics) == "http://a:1/v1/metrics")
        #expect(endpoint([all: "http://a:1", own: "http://b:2/x?y=1"]) == "http://b:2/x?y=1")
        #expect(endpoint([all: "http://a:1", own: " "]) == "http://a:1/v1/traces")
        #expect(endpoint([all: "http://a:1", own: "b:2"]) == "http://a:1/v1/traces")
        #expect(endpoint([all: "a:1"]) == "http://localhost:4318/v1/traces")
    }

    @Test("The other variables are read, those of the signal before those for all; wrong ones are ignored")
    func variables() {
        let configuration = OTLPHTTPConfiguration(environment: [
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20a=b, x-tenant = t ,empty=",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "soon", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "2500",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
            "OTEL_EXPORTER_OTLP_CERTIFICATE": "/ca.pem", "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE": "/c.pem",
            "OTEL_EXPORTER_OTLP_CLIENT_KEY": "/c.key",
        ])
        #expect(
            configuration.headers.map { "\($0.name):\($0.value)" } == [
                "authorization:Bearer a=b", "x-tenant:t", "empty:",
            ]
        )
        #expect(configuration.timeout == .milliseconds(2500))
        #expect(configuration.compression == .gzip && configuration.encoding == .json)
        #expect(configuration.certificateAuthority == "/ca.pem")
        #expect(configuration.clientCertificate == "/c.pem" && configuration.clientKey == "/c.key")
        for wrong in ["a=1,broken", "a=1,=v", "a=1,y=%zz"] {
            #expect(OTLPHTTPConfiguration(environment: ["OTEL_EXPORTER_OTLP_HEADERS": wrong]).headers.isEmpty)
        }
        let wrong = OTLPHTTPConfiguration(environment: [
            "OTEL_EXPORTER_OTLP_TIMEOUT": "-1", "OTEL_EXPORTER_OTLP_COMPRESSION": "zstd",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        ])
        #expect(wrong.timeout == .seconds(10) && wrong.compression == .none && wrong.encoding == .protobuf)
    }
}
