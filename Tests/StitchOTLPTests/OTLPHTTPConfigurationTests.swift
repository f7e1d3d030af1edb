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
        #expect(failure { $0.certificateAuthority = "/no/such.pem" }?.contains("/no/such.pem") == true)
        #expect(failure { $0.clientCertificate = "/dev/null" }?.contains("clientKey") == true)
    }
}
