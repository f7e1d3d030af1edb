// SPDX-License-Identifier: Apache-2.0

import StitchOTLP
import Testing
import TraceContext

@testable import Stitch

/// What an environment comes to, or one of its variables as text.
private typealias Look = @Sendable (TelemetryConfiguration) -> String

/// One variable with one value: what it comes to, and whether it is warned about.
private struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let value: String
    let look: Look
    let result: String
    let isWrong: Bool

    var testDescription: String { "\(name)=\(value)" }
}

private func row(_ name: String, _ value: String, _ look: @escaping Look, _ result: String) -> Row {
    Row(name: name, value: value, look: look, result: result, isWrong: false)
}

private func wrong(_ name: String, _ value: String, _ look: @escaping Look, _ result: String) -> Row {
    Row(name: name, value: value, look: look, result: result, isWrong: true)
}

private let capacity: Look = { "\($0.queueCapacity ?? 0)" }
private let batch: Look = { "\($0.batchSize)" }
private let delay: Look = { "\($0.exportDelay)" }
private let exportTimeout: Look = { "\($0.exportTimeout)" }
private let port: Look = { "\($0.prometheus.port ?? -1)" }
private let disabled: Look = { "\($0.isDisabled)" }
private let name: Look = { $0.serviceName }
private let attributes: Look = { configuration in
    configuration.resourceAttributes.elements.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
}
private let exporters: Look = { "\($0.exporters.map(\.rawValue))" }
private let metricsExporters: Look = { "\($0.metricsExporters.map(\.rawValue))" }
private let fields: Look = { $0.propagator.fields.joined(separator: ",") }
private let endpoint: Look = { $0.otlp.endpoint }
private let headers: Look = { $0.otlp.headers.map { "\($0.name): \($0.value)" }.joined(separator: "|") }
private let timeout: Look = { "\($0.otlp.timeout)" }
private let compression: Look = { $0.otlp.compression.rawValue }
private let encoding: Look = { $0.otlp.encoding.rawValue }
private let sampler: Look = { "\($0.sampler)" }

private let usualEndpoint = "http://localhost:4318/v1/traces"
private let usualFields = "traceparent,tracestate,baggage"
private let usualSampler = "FollowingSampler(origin: TelemetrySDK.AlwaysOnSampler())"
private let otlp = "OTEL_EXPORTER_OTLP_"

private let rows: [Row] = [
    row("OTEL_SERVICE_NAME", "billing", name, "billing"),
    row("OTEL_SERVICE_NAME", " billing ", name, "billing"),

    row("OTEL_RESOURCE_ATTRIBUTES", "team=a%20b , service.name = shop,x=", attributes, "team=a b,service.name=shop,x="),
    row("OTEL_RESOURCE_ATTRIBUTES", "service.name=shop", name, "shop"),
    wrong("OTEL_RESOURCE_ATTRIBUTES", "a=1,nonsense", attributes, ""),
    wrong("OTEL_RESOURCE_ATTRIBUTES", "a=1,b=%zz", attributes, ""),
    wrong("OTEL_RESOURCE_ATTRIBUTES", "=1", attributes, ""),
    wrong("OTEL_RESOURCE_ATTRIBUTES", "%zz=1", attributes, ""),
    // Names are those of OpenTelemetry's resources, not of HTTP.
    row(
        "OTEL_RESOURCE_ATTRIBUTES",
        "app.kubernetes.io/name=x,a%2Cb%3D=1,größe=2",
        attributes,
        "app.kubernetes.io/name=x,a,b==1,größe=2"
    ),

    row("OTEL_SDK_DISABLED", "true", disabled, "true"),
    row("OTEL_SDK_DISABLED", "TRUE", disabled, "true"),
    row("OTEL_SDK_DISABLED", "false", disabled, "false"),
    wrong("OTEL_SDK_DISABLED", "1", disabled, "false"),
    wrong("OTEL_SDK_DISABLED", "yes", disabled, "false"),

    row("OTEL_BSP_MAX_QUEUE_SIZE", "1000", capacity, "1000"),
    row("OTEL_BSP_MAX_QUEUE_SIZE", "100", batch, "100"),
    wrong("OTEL_BSP_MAX_QUEUE_SIZE", "0", capacity, "0"),
    wrong("OTEL_BSP_MAX_QUEUE_SIZE", "-1", capacity, "0"),
    wrong("OTEL_BSP_MAX_QUEUE_SIZE", "many", capacity, "0"),
    wrong("OTEL_BSP_MAX_QUEUE_SIZE", "1.5", capacity, "0"),
    wrong("OTEL_BSP_MAX_QUEUE_SIZE", "99999999999999999999", capacity, "0"),
    row("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "7", batch, "7"),
    wrong("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0", batch, "512"),
    row("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4096", batch, "4096"),
    row("OTEL_BSP_SCHEDULE_DELAY", "250", delay, "0.25 seconds"),
    row("OTEL_BSP_SCHEDULE_DELAY", "0", delay, "0.0 seconds"),
    wrong("OTEL_BSP_SCHEDULE_DELAY", "-1", delay, "5.0 seconds"),
    wrong("OTEL_BSP_SCHEDULE_DELAY", "5s", delay, "5.0 seconds"),
    row("OTEL_BSP_EXPORT_TIMEOUT", "1000", exportTimeout, "1.0 seconds"),
    row("OTEL_BSP_EXPORT_TIMEOUT", "0", exportTimeout, "31536000.0 seconds"),
    wrong("OTEL_BSP_EXPORT_TIMEOUT", "-1", exportTimeout, "30.0 seconds"),

    row("OTEL_TRACES_EXPORTER", "console", exporters, #"["console"]"#),
    row("OTEL_TRACES_EXPORTER", "otlp, Console,otlp", exporters, #"["otlp", "console"]"#),
    row("OTEL_TRACES_EXPORTER", "none", exporters, "[]"),
    wrong("OTEL_TRACES_EXPORTER", "jaeger", exporters, #"["otlp"]"#),
    wrong("OTEL_TRACES_EXPORTER", "zipkin,console", exporters, #"["console"]"#),
    wrong("OTEL_TRACES_EXPORTER", "none,console", exporters, #"["console"]"#),
    row("STITCH_TRACES_FILE", "/tmp/traces", { $0.file ?? "" }, "/tmp/traces"),
    row("STITCH_TRACES_FILE", "/tmp/traces", exporters, "[]"),
    row("STITCH_TRACES_FILE", "/tmp/traces", metricsExporters, "[]"),

    row("OTEL_METRICS_EXPORTER", "OTLP", metricsExporters, #"["otlp"]"#),
    row("OTEL_METRICS_EXPORTER", "none", metricsExporters, "[]"),
    row("OTEL_METRICS_EXPORTER", "prometheus", metricsExporters, #"["prometheus"]"#),
    row("OTEL_METRICS_EXPORTER", "otlp,prometheus", metricsExporters, #"["otlp", "prometheus"]"#),
    row("OTEL_EXPORTER_PROMETHEUS_HOST", "0.0.0.0", { $0.prometheus.host }, "0.0.0.0"),
    row("OTEL_EXPORTER_PROMETHEUS_PORT", "9000", port, "9000"),
    wrong("OTEL_EXPORTER_PROMETHEUS_PORT", "65536", port, "9464"),
    wrong("OTEL_EXPORTER_PROMETHEUS_PORT", "http", port, "9464"),
    wrong("OTEL_METRICS_EXPORTER", "console,otlp", metricsExporters, #"["otlp"]"#),
    row("OTEL_METRIC_EXPORT_INTERVAL", "1500", { "\($0.metrics.interval)" }, "1.5 seconds"),
    wrong("OTEL_METRIC_EXPORT_INTERVAL", "0", { "\($0.metrics.interval)" }, "60.0 seconds"),
    row("OTEL_METRIC_EXPORT_TIMEOUT", "1500", { "\($0.metrics.timeout)" }, "1.5 seconds"),
    row("OTEL_METRIC_EXPORT_TIMEOUT", "0", { "\($0.metrics.timeout)" }, "31536000.0 seconds"),
    wrong("OTEL_METRIC_EXPORT_TIMEOUT", "-1", { "\($0.metrics.timeout)" }, "30.0 seconds"),
    row("OTEL_METRICS_EXEMPLAR_FILTER", "Always_On", { "\($0.metrics.settings.exemplarFilter)" }, "alwaysOn"),
    wrong("OTEL_METRICS_EXEMPLAR_FILTER", "some", { "\($0.metrics.settings.exemplarFilter)" }, "traceBased"),
    row("\(otlp)METRICS_TEMPORALITY_PREFERENCE", "delta", { "\($0.metrics.temporality)" }, "delta"),
    row("\(otlp)METRICS_TEMPORALITY_PREFERENCE", "LowMemory", { "\($0.metrics.temporality)" }, "delta"),
    wrong("\(otlp)METRICS_TEMPORALITY_PREFERENCE", "both", { "\($0.metrics.temporality)" }, "cumulative"),

    row("OTEL_PROPAGATORS", "baggage", fields, "baggage"),
    row("OTEL_PROPAGATORS", "tracecontext,baggage,TraceContext", fields, usualFields),
    row("OTEL_PROPAGATORS", "b3", fields, "b3,x-b3-traceid,x-b3-spanid,x-b3-sampled,x-b3-flags"),
    row("OTEL_PROPAGATORS", "b3multi", fields, "b3,x-b3-traceid,x-b3-spanid,x-b3-sampled,x-b3-flags"),
    row("OTEL_PROPAGATORS", "none", fields, ""),
    wrong("OTEL_PROPAGATORS", "jaeger", fields, usualFields),
    wrong("OTEL_PROPAGATORS", "xray,baggage", fields, "baggage"),
    wrong("OTEL_PROPAGATORS", "none,baggage", fields, "baggage"),

    row("OTEL_TRACES_SAMPLER", "always_on", sampler, "AlwaysOnSampler()"),
    row("OTEL_TRACES_SAMPLER", "Always_Off", sampler, "AlwaysOffSampler()"),
    row("OTEL_TRACES_SAMPLER", "traceidratio", sampler, "TraceIDRatioSampler(threshold: Optional(0))"),
    row("OTEL_TRACES_SAMPLER", "parentbased_always_on", sampler, usualSampler),
    row("OTEL_TRACES_SAMPLER_ARG", "0.5", sampler, usualSampler),
    wrong("OTEL_TRACES_SAMPLER", "jaeger_remote", sampler, usualSampler),

    row("\(otlp)ENDPOINT", "http://collector:4318", endpoint, "http://collector:4318/v1/traces"),
    row("\(otlp)ENDPOINT", "https://c.example/otlp", endpoint, "https://c.example/otlp/v1/traces"),
    row("\(otlp)ENDPOINT", "https://c.example/otlp/?key=1", endpoint, "https://c.example/otlp/v1/traces?key=1"),
    row("\(otlp)ENDPOINT", "HTTP://[::1]:4318/", endpoint, "HTTP://[::1]:4318/v1/traces"),
    wrong("\(otlp)ENDPOINT", "collector:4318", endpoint, usualEndpoint),
    wrong("\(otlp)ENDPOINT", "ftp://collector", endpoint, usualEndpoint),
    wrong("\(otlp)ENDPOINT", "http://", endpoint, usualEndpoint),
    row("\(otlp)TRACES_ENDPOINT", "http://collector:4318/mine", endpoint, "http://collector:4318/mine"),
    row("\(otlp)TRACES_ENDPOINT", "http://collector:4318", endpoint, "http://collector:4318/"),
    wrong("\(otlp)TRACES_ENDPOINT", "mine", endpoint, usualEndpoint),
    row("\(otlp)HEADERS", "api-key=abc\n", headers, "api-key: abc"),
    row("\(otlp)HEADERS", "\r\n a=1 ,\n b=2\r\n", headers, "a: 1|b: 2"),
    wrong("\(otlp)HEADERS", "a=1,x=a%0Asecret", headers, "a: 1"),
    wrong("\(otlp)HEADERS", "x=secret%7F", headers, ""),
    row(
        "\(otlp)HEADERS",
        "Authorization=Basic%20YTpi,x-key = a=b;c",
        headers,
        "Authorization: Basic YTpi|x-key: a=b;c"
    ),
    wrong("\(otlp)HEADERS", "secret", headers, ""),
    wrong("\(otlp)HEADERS", "a=1,x y=secret", headers, ""),
    wrong("\(otlp)TRACES_HEADERS", "a=%secret", headers, ""),
    row("\(otlp)TIMEOUT", "2500", timeout, "2.5 seconds"),
    row("\(otlp)TIMEOUT", "0", timeout, "31536000.0 seconds"),
    wrong("\(otlp)TIMEOUT", "10s", timeout, "10.0 seconds"),
    wrong("\(otlp)TRACES_TIMEOUT", "-5", timeout, "10.0 seconds"),
    row("\(otlp)COMPRESSION", "none", compression, "none"),
    row("\(otlp)TRACES_COMPRESSION", "GZIP", compression, "gzip"),
    row("\(otlp)COMPRESSION", " ", compression, "none"),
    wrong("\(otlp)COMPRESSION", "zstd", compression, "none"),
    row("\(otlp)PROTOCOL", "http/json", encoding, "http/json"),
    row("\(otlp)TRACES_PROTOCOL", "http/json", encoding, "http/json"),
    wrong("\(otlp)PROTOCOL", "grpc", encoding, "http/protobuf"),
    row("\(otlp)CERTIFICATE", "/ca.pem", { $0.otlp.certificateAuthority ?? "" }, "/ca.pem"),
    row("\(otlp)TRACES_CERTIFICATE", "/ca.pem", { $0.otlp.certificateAuthority ?? "" }, "/ca.pem"),
    wrong("\(otlp)CLIENT_CERTIFICATE", "/me.pem", { $0.otlp.clientCertificate ?? "" }, ""),
    wrong("\(otlp)TRACES_CLIENT_CERTIFICATE", "/me.pem", { $0.otlp.clientCertificate ?? "" }, ""),
    wrong("\(otlp)CLIENT_KEY", "/key.pem", { $0.otlp.clientKey ?? "" }, ""),
    wrong("\(otlp)TRACES_CLIENT_KEY", "/key.pem", { $0.otlp.clientKey ?? "" }, ""),

    row("\(otlp)ENDPOINT", "https://c.example/otlp", { $0.metricsOTLP.endpoint }, "https://c.example/otlp/v1/metrics"),
    row(
        "\(otlp)METRICS_ENDPOINT",
        "http://collector:4318/mine",
        { $0.metricsOTLP.endpoint },
        "http://collector:4318/mine"
    ),
    row("\(otlp)METRICS_HEADERS", "a=1", { "\($0.metricsOTLP.headers.count)" }, "1"),
    row("\(otlp)METRICS_HEADERS", "a=1", headers, ""),
    row("\(otlp)METRICS_TIMEOUT", "2500", { "\($0.metricsOTLP.timeout)" }, "2.5 seconds"),
    row("\(otlp)METRICS_COMPRESSION", "gzip", { $0.metricsOTLP.compression.rawValue }, "gzip"),
    row("\(otlp)METRICS_PROTOCOL", "http/json", { $0.metricsOTLP.encoding.rawValue }, "http/json"),
    row("\(otlp)METRICS_CERTIFICATE", "/ca.pem", { $0.metricsOTLP.certificateAuthority ?? "" }, "/ca.pem"),
    wrong("\(otlp)METRICS_CLIENT_CERTIFICATE", "/me.pem", { $0.metricsOTLP.clientCertificate ?? "" }, ""),
    wrong("\(otlp)METRICS_CLIENT_KEY", "/key.pem", { $0.metricsOTLP.clientKey ?? "" }, ""),

    wrong("OTEL_CONFIG_FILE", "/config.yaml", name, TelemetryConfiguration(environment: [:]).serviceName),
]

@Suite("Configuration by the environment")
struct EnvironmentTests {
    private func read(_ environment: [String: String]) -> (TelemetryConfiguration, warnings: [String]) {
        var reader = EnvironmentReader(environment)
        let configuration = TelemetryConfiguration(&reader)
        return (configuration, reader.warnings)
    }

    @Test("A variable counts; a wrong value is warned about by name, without the value, and ignored", arguments: rows)
    private func variable(row: Row) {
        let (configuration, warnings) = read([row.name: row.value])
        #expect(row.look(configuration) == row.result)
        #expect(warnings.count == (row.isWrong ? 1 : 0))
        #expect(warnings.allSatisfy { $0.contains(row.name) && !$0.contains("secret") })
    }

    @Test("An empty variable, or one of white space, is not set", arguments: Set(rows.map(\.name)).sorted())
    private func empty(name: String) {
        let looks = rows.filter { $0.name == name }.map(\.look)
        for value in ["", " \t", "\n", "\r\n"] {
            let (configuration, warnings) = read([name: value])
            #expect(looks.map { $0(configuration) } == looks.map { $0(read([:]).0) })
            #expect(warnings.isEmpty)
        }
    }

    @Test(
        "A limit counts, that of spans before that of all signals; a wrong one is warned about and ignored",
        arguments: [
            ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", \SpanLimits.attributes, "OTEL_ATTRIBUTE_COUNT_LIMIT"),
            ("OTEL_SPAN_EVENT_COUNT_LIMIT", \SpanLimits.events, nil),
            ("OTEL_SPAN_LINK_COUNT_LIMIT", \SpanLimits.links, nil),
            ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", \SpanLimits.attributesPerEvent, "OTEL_ATTRIBUTE_COUNT_LIMIT"),
            ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", \SpanLimits.attributesPerLink, "OTEL_ATTRIBUTE_COUNT_LIMIT"),
        ] as [(String, any KeyPath<SpanLimits, Int> & Sendable, String?)]
    )
    func limits(name: String, limit: any KeyPath<SpanLimits, Int> & Sendable, general: String?) {
        #expect(read([name: "0"]).0.limits[keyPath: limit] == 0)
        #expect(read([name: "300"]).0.limits[keyPath: limit] == 300)
        for value in ["-1", "all", "1e3"] {
            let (configuration, warnings) = read([name: value])
            #expect(configuration.limits[keyPath: limit] == 128)
            #expect(warnings.count == 1 && warnings.allSatisfy { $0.hasPrefix(name) })
        }
        guard let general else { return }
        #expect(read([general: "5"]).0.limits[keyPath: limit] == 5)
        #expect(read([general: "5", name: "6"]).0.limits[keyPath: limit] == 6)
        #expect(read([general: "5", name: "all"]).0.limits[keyPath: limit] == 5)
        #expect(read([general: "all"]).warnings.count == 1)
    }

    @Test("Values have no limit of length unless one is set, that of spans before that of all signals")
    func lengthLimit() {
        let (own, general) = ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT")
        #expect(read([:]).0.limits.attributeValueLength == nil)
        #expect(read([general: "5"]).0.limits.attributeValueLength == 5)
        #expect(read([own: "6", general: "5"]).0.limits.attributeValueLength == 6)
        #expect(read([own: "long"]).0.limits.attributeValueLength == nil)
        #expect(read([own: "long"]).warnings.count == 1)
    }

    @Test(
        "The ratio of a sampler is a number from 0 to 1, and 1 if it can't be read",
        arguments: [
            ("", 0, false), ("0.5", UInt64(1) << 55, false), ("1", 0, false), ("0", nil, false), ("2", 0, true),
            ("-0.1", 0, true), ("half", 0, true), ("nan", 0, true),
        ] as [(String, UInt64?, Bool)]
    )
    func ratio(value: String, threshold: UInt64?, isWrong: Bool) {
        let argument = "OTEL_TRACES_SAMPLER_ARG"
        let (plain, warnings) = read(["OTEL_TRACES_SAMPLER": "traceidratio", argument: value])
        #expect((plain.sampler as? TraceIDRatioSampler)?.threshold == threshold)
        #expect((plain.sampler as? TraceIDRatioSampler) != nil)
        #expect(warnings.count == (isWrong ? 1 : 0) && warnings.allSatisfy { $0.hasPrefix(argument) })
        let (following, _) = read(["OTEL_TRACES_SAMPLER": "parentbased_traceidratio", argument: value])
        let root = SamplingRequest(traceID: TraceID(high: 1, low: 1 << 55))
        #expect(following.sampler.decide(root).isSampled == (threshold != nil))
        var child = root
        child.parent = SpanContext(traceID: root.traceID, spanID: SpanID(bits: 1), flags: .sampled)
        #expect(following.sampler.decide(child).isSampled)
    }

    @Test("A sampler that asks the parent follows across links too, whatever it does with an origin")
    func following() {
        let cause = SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1), flags: .sampled)
        let (configuration, _) = read(["OTEL_TRACES_SAMPLER": "parentbased_always_off"])
        var root = SamplingRequest(traceID: TraceID(high: 1, low: 2))
        #expect(!configuration.sampler.decide(root).isSampled)
        root.following = [cause]
        #expect(configuration.sampler.decide(root).isSampled)
    }

    @Test("A client's certificate and its key count together, also where one is for all signals; alone neither does")
    func clientCertificate() {
        let (both, warnings) = read(["\(otlp)TRACES_CLIENT_CERTIFICATE": "/me.pem", "\(otlp)CLIENT_KEY": "/key.pem"])
        #expect(both.otlp.clientCertificate == "/me.pem" && both.otlp.clientKey == "/key.pem")
        #expect(both.metricsOTLP.clientKey == nil)
        #expect(warnings.map { $0.prefix { $0 != " " } } == ["\(otlp)CLIENT_KEY"], "metrics have no certificate")
        let (_, once) = read(["\(otlp)CLIENT_KEY": "/key.pem"])
        #expect(once == ["\(otlp)CLIENT_KEY is ignored: it needs OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"])
    }

    @Test("What the environment has wrong about headers and certificates keeps nobody from starting")
    func starts() throws {
        for (name, value) in [
            ("HEADERS", "api-key=abc\n"), ("HEADERS", "x=a%0Ab"), ("CLIENT_KEY", "/key.pem"),
            ("CLIENT_CERTIFICATE", "/me.pem"), ("CERTIFICATE", "/none.pem"),
        ] {
            _ = try SpanExport(read(["\(otlp)\(name)": value]).0, meter: nil) { _ in }
        }
        let (configuration, _) = read(["\(otlp)ENDPOINT": "https://a", "\(otlp)TRACES_CERTIFICATE": "/none.pem"])
        let error = #expect(throws: OTLPError.self) { _ = try SpanExport(configuration, meter: nil) { _ in } }
        #expect(error?.message.hasPrefix("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE is \"/none.pem\"") == true)
    }

    @Test("What is said for traces counts before what is said for all signals; where it is wrong, the latter counts")
    func perSignal() {
        let (configuration, warnings) = read([
            "\(otlp)ENDPOINT": "http://all", "\(otlp)TRACES_ENDPOINT": "http://traces/own",
            "\(otlp)HEADERS": "a=1", "\(otlp)TRACES_HEADERS": "b=2",
            "\(otlp)TIMEOUT": "1000", "\(otlp)TRACES_TIMEOUT": "soon",
            "\(otlp)CERTIFICATE": "/all.pem", "\(otlp)TRACES_CERTIFICATE": "/traces.pem",
        ])
        #expect(configuration.otlp.endpoint == "http://traces/own")
        #expect(headers(configuration) == "b: 2")
        #expect(configuration.otlp.timeout == .seconds(1))
        #expect(configuration.otlp.certificateAuthority == "/traces.pem")
        #expect(warnings.map { $0.prefix { $0 != " " } } == ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"])
        #expect(
            read(["\(otlp)ENDPOINT": "http://all", "\(otlp)TRACES_ENDPOINT": "x"]).0.otlp.endpoint
                == "http://all/v1/traces"
        )
    }

    @Test("The service's name is the variable's, else the resource's, else the executable's")
    func serviceName() {
        let both = ["OTEL_SERVICE_NAME": "billing", "OTEL_RESOURCE_ATTRIBUTES": "service.name=shop"]
        #expect(read(both).0.serviceName == "billing")
        #expect(read([:]).0.serviceName.hasPrefix("unknown_service:"))
    }

    @Test("Spans go to a receiver of OTLP unless a file or something else is said")
    func exporterDefaults() {
        #expect(read([:]).0.exporters == [.otlp])
        let both = read(["OTEL_TRACES_EXPORTER": "console", "STITCH_TRACES_FILE": "/tmp/f"]).0
        #expect(both.exporters == [.console] && both.file == "/tmp/f")
        #expect(TelemetryConfiguration(serviceName: "a").exporters == [.otlp])
        #expect(TelemetryConfiguration(serviceName: "a", file: "/tmp/f").exporters.isEmpty)
    }

    @Test("Metrics go to a receiver of OTLP unless a file, nothing or something else is said")
    func metricsDefaults() {
        #expect(read([:]).0.metricsExporters == [.otlp])
        // As OpenTelemetry has it, neither variable says anything of the other's telemetry.
        #expect(read(["OTEL_TRACES_EXPORTER": "none"]).0.metricsExporters == [.otlp])
        let both = read(["OTEL_METRICS_EXPORTER": "otlp", "STITCH_TRACES_FILE": "/tmp/f"]).0
        #expect(both.metricsExporters == [.otlp] && both.exporters.isEmpty)
        // By code they follow the spans.
        #expect(TelemetryConfiguration(serviceName: "a").metricsExporters == [.otlp])
        #expect(TelemetryConfiguration(serviceName: "a", exporters: []).metricsExporters.isEmpty)
        #expect(TelemetryConfiguration(serviceName: "a", file: "/tmp/f").metricsExporters.isEmpty)
    }

    @Test(
        "By code requests are compressed, by the environment only if it says so; a batch may be no larger than its queue"
    )
    func defaultsThatDiffer() {
        #expect(TelemetryConfiguration(serviceName: "a").otlp.compression == .gzip)
        #expect(read([:]).0.otlp.compression == .none && read([:]).0.metricsOTLP.compression == .none)
        #expect(read([:]).0.queueCapacity == nil)
        let (configuration, warnings) = read([
            "OTEL_BSP_MAX_QUEUE_SIZE": "2048", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "2049",
        ])
        #expect(configuration.batchSize == 512 && warnings.count == 1)
    }
}
