// swift-tools-version: 6.2
import PackageDescription

// Stitch needs no package from outside the toolchain: it stands on C libraries that every distribution keeps. What joins
// it to the packages of the Swift server ecosystem is behind traits, off unless asked for.
// Read the lists below from the top: each module depends only on what stands under it.

let settings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        // STITCH_STRICT=1 (set by `make lint` and in CI) turns every warning into an error.
    ] + (Context.environment["STITCH_STRICT"] == "1" ? [.treatAllWarnings(as: .error)] : [])

/// What comes along with the import of a module.
///
/// SwiftPM builds a target anew only when a module that it names has changed, so whoever names one names these too.
let exports = [
    "MessageTracing": ["TelemetryAPI", "TraceContext"],
    "Stitch": ["StitchOTLP", "StitchService", "TelemetryAPI", "TelemetrySDK"],
    "StitchTesting": ["TelemetrySDK", "TraceFlow"],
    "TelemetryAPI": ["StitchService", "TelemetryData"],
    "TelemetryData": ["TraceContext"],
    "TelemetrySDK": ["TelemetryAPI"],
    "TracedJobs": ["MessageTracing", "StitchPostgres"],
    "TracedKafka": ["MessageTracing", "StitchKafka"],
]

func named(_ dependencies: [String]) -> [Target.Dependency] {
    var names = dependencies
    var index = 0
    while index < names.count {
        names += (exports[names[index]] ?? []).filter { !names.contains($0) }
        index += 1
    }
    return names.map { .init(stringLiteral: $0) }
}

func module(
    _ name: String,
    _ dependencies: [String] = [],
    joining others: [Target.Dependency] = [],
    embedding files: [String] = []
) -> Target {
    .target(
        name: name,
        dependencies: named(dependencies) + others,
        resources: files.map { .embedInCode($0) },
        swiftSettings: settings
    )
}

func tests(of name: String, _ dependencies: [String] = [], joining others: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: named([name] + dependencies) + others,
        swiftSettings: settings
    )
}

/// A package of the Swift server ecosystem, and the trait that joins Stitch to it.
///
/// SwiftPM leaves a package alone, not even fetching it, as long as every use of it is guarded by a trait that is off:
/// so there is one trait to a package, and no use of the package without it.
struct Ecosystem {
    let package: String
    let trait: String
    let summary: String
    let owner: String
    let oldest: Version

    static let tracing = Ecosystem(
        package: "swift-distributed-tracing",
        trait: "DistributedTracingSupport",
        summary: "Stitch as a backend of swift-distributed-tracing, and the other way round.",
        owner: "apple",
        oldest: "1.3.0"
    )
    static let logging = Ecosystem(
        package: "swift-log",
        trait: "LoggingSupport",
        summary: "Stitch's diagnostics in swift-log, and the current span on every log line.",
        owner: "apple",
        oldest: "1.7.0"
    )
    static let metrics = Ecosystem(
        package: "swift-metrics",
        trait: "MetricsSupport",
        summary: "Stitch as a backend of swift-metrics, and the other way round.",
        owner: "apple",
        oldest: "2.5.0"
    )
    static let lifecycle = Ecosystem(
        package: "swift-service-lifecycle",
        trait: "ServiceLifecycleSupport",
        summary: "Stitch's services in a group of swift-service-lifecycle, and the other way round.",
        owner: "swift-server",
        oldest: "2.6.3"
    )
    // STITCH_ADAPTERS=oldest (set by `make adapters`) tries the oldest versions that Stitch works with; `none` (set by
    // `make docs`) knows of no other package, for commands of SwiftPM that turn all traits on of their own accord.
    private static let versions = Context.environment["STITCH_ADAPTERS"]

    static let all = versions == "none" ? [] : [tracing, logging, metrics, lifecycle]

    func products(_ names: String...) -> [Target.Dependency] {
        if Self.versions == "none" { return [] }
        return names.map { .product(name: $0, package: package, condition: .when(traits: [trait])) }
    }

    var dependency: Package.Dependency {
        let address = "https://github.com/\(owner)/\(package).git"
        return Self.versions == "oldest"
            ? .package(url: address, exact: oldest)
            : .package(url: address, from: oldest)
    }
}

func example(_ name: String, _ dependencies: [String], excluding parts: [String] = []) -> Target {
    .executableTarget(
        name: name,
        dependencies: named(dependencies),
        path: "Examples/\(name)",
        exclude: parts,
        swiftSettings: settings
    )
}

/// A part of an example that its program and its tests share.
func part(_ name: String, of folder: String, _ dependencies: [String] = []) -> Target {
    .target(
        name: name,
        dependencies: named(dependencies),
        path: "Examples/\(folder)",
        swiftSettings: settings
    )
}

/// A C library of the system: its headers and its linker flag, nothing of ours but a module map and a shim.
func library(_ name: String, pkgConfig: String, apt: String, brew: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt]), .brew([brew])])
}

let products: [Product] = [
    .executable(name: "stitch", targets: ["StitchCommand"]),
    .library(name: "Stitch", targets: ["Stitch"]),
    .library(name: "TracedKafka", targets: ["TracedKafka"]),
    .library(name: "TracedJobs", targets: ["TracedJobs"]),
    .library(name: "MessageTracing", targets: ["MessageTracing"]),
    .library(name: "TraceContext", targets: ["TraceContext"]),
    .library(name: "TraceStore", targets: ["TraceStore"]),
    .library(name: "StitchSwiftServer", targets: ["StitchSwiftServer"]),
    .library(name: "StitchTesting", targets: ["StitchTesting"]),
    .library(name: "KafkaTesting", targets: ["KafkaTesting"]),
    .library(name: "PostgresTesting", targets: ["PostgresTesting"]),
]

let modules: [Target] = [
    .executableTarget(
        name: "StitchCommand",
        dependencies: [
            "CStitchZlib", "KafkaTesting", "PostgresTesting", "Stitch", "StitchKafka", "StitchOTLP", "StitchPostgres",
            "StitchService", "TelemetryAPI", "TelemetryData", "TelemetrySDK", "TraceContext", "TraceFlow", "TraceStore",
            "TracedJobs", "TracedKafka",
        ],
        swiftSettings: settings
    ),

    // The test kit.
    module(
        "KafkaTesting",
        [
            "CStitchRdkafka", "StitchKafka", "StitchService", "StitchTesting", "TelemetryAPI", "TelemetryData",
            "TelemetrySDK", "TraceContext", "TraceFlow", "TracedKafka",
        ]
    ),
    module(
        "PostgresTesting",
        [
            "StitchPostgres", "StitchService", "StitchTesting", "TelemetryAPI", "TelemetryData", "TelemetrySDK",
            "TraceContext", "TraceFlow", "TracedJobs",
        ]
    ),
    module("StitchTesting", ["TelemetryAPI", "TelemetryData", "TelemetrySDK", "TraceContext", "TraceFlow"]),

    // What an application imports.
    module(
        "TracedKafka",
        ["MessageTracing", "StitchKafka", "StitchService", "TelemetryAPI", "TelemetryData", "TraceContext"]
    ),
    module(
        "TracedJobs",
        ["MessageTracing", "StitchPostgres", "StitchService", "TelemetryAPI", "TelemetryData", "TraceContext"],
        embedding: ["Schema"]
    ),
    module(
        "Stitch",
        ["StitchHTTP", "StitchOTLP", "StitchService", "TelemetryAPI", "TelemetryData", "TelemetrySDK", "TraceContext"]
    ),

    // What joins Stitch to other packages; empty unless a trait is on.
    module(
        "StitchSwiftServer",
        ["StitchService", "TelemetryAPI", "TelemetryData", "TraceContext"],
        joining: Ecosystem.tracing.products("Tracing")
            + Ecosystem.logging.products("Logging")
            + Ecosystem.metrics.products("CoreMetrics")
            + Ecosystem.lifecycle.products("ServiceLifecycle")
    ),

    // Tracing: what spans are, how they are made, where they go, what they tell.
    module(
        "TraceStore",
        ["CStitchSQLite", "CStitchZlib", "StitchService", "TelemetryData", "TraceContext", "TraceFlow"]
    ),
    module("TraceFlow", ["TelemetryData", "TraceContext"]),
    module("StitchOTLP", ["CStitchCurl", "CStitchZlib", "StitchService", "TelemetryData", "TraceContext"]),
    module("TelemetrySDK", ["CStitchPlatform", "StitchService", "TelemetryAPI", "TelemetryData", "TraceContext"]),
    module("MessageTracing", ["TelemetryAPI", "TelemetryData", "TraceContext"]),
    module(
        "TelemetryAPI",
        ["CStitchPlatform", "StitchService", "TelemetryData", "TraceContext"],
        joining: Ecosystem.tracing.products("Tracing")
    ),
    module("TelemetryData", ["CStitchPlatform", "TraceContext"]),
    module("TraceContext"),

    // Clients of the servers and a server of HTTP, without tracing.
    module("StitchHTTP", ["CStitchMicrohttpd", "StitchService"]),
    module("StitchKafka", ["CStitchPlatform", "CStitchRdkafka", "StitchService", "TraceContext"]),
    module("StitchPostgres", ["CStitchLibpq", "StitchService"]),

    // How every long-lived part runs, stops and reports.
    module("StitchService"),

    // What Swift can't say by itself, or not without a cost at each use; of ours, and without a library.
    .target(name: "CStitchPlatform"),

    library("CStitchMicrohttpd", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev", brew: "libmicrohttpd"),
    library("CStitchRdkafka", pkgConfig: "rdkafka", apt: "librdkafka-dev", brew: "librdkafka"),
    library("CStitchLibpq", pkgConfig: "libpq", apt: "libpq-dev", brew: "libpq"),
    library("CStitchCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev", brew: "curl"),
    library("CStitchSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev", brew: "sqlite"),
    library("CStitchZlib", pkgConfig: "zlib", apt: "zlib1g-dev", brew: "zlib"),
]

let examples: [Target] = [
    example("KafkaProducerAndConsumer", ["StitchKafka", "StitchService", "TracedKafka"]),
    example("TracedKafkaProducerAndConsumer", ["StitchService", "TracedKafka"]),
    example("EnqueueAndWorkJobs", ["Stitch", "TracedJobs"]),
    example("HTTPEntry", ["Stitch", "TracedKafka"]),
    example(
        "TraceContextService",
        ["KafkaTesting", "PostgresTesting", "Stitch", "StitchHTTP", "TraceContext", "TracedJobs", "TracedKafka"]
    ),
    example("WholeService", ["Stitch", "TracedJobs", "TracedKafka"]),
    // What clients of other libraries look like, and the code that enqueues jobs on their connections.
    part("ForeignPostgresClient", of: "EnqueueOnForeignConnection/PostgresShapes", ["StitchPostgres"]),
    part("ForeignSQLKit", of: "EnqueueOnForeignConnection/SQLShapes", ["StitchPostgres"]),
    part(
        "EnqueueOnForeignConnection",
        of: "EnqueueOnForeignConnection/Enqueueing",
        ["ForeignPostgresClient", "ForeignSQLKit", "TracedJobs"]
    ),
    // A client that Stitch does not know, what traces it, and a program that uses both.
    part("BillingWithSwiftKafkaClient", of: "MoveFromSwiftKafkaClient/Before", ["ForeignKafkaClient"]),
    part("BillingWithStitch", of: "MoveFromSwiftKafkaClient/After", ["TracedKafka"]),
    part("ForeignKafkaClient", of: "InstrumentForeignClient/Client"),
    part(
        "TracedForeignKafkaClient",
        of: "InstrumentForeignClient/Tracing",
        ["ForeignKafkaClient", "MessageTracing", "TelemetryAPI", "TelemetryData", "TraceContext"]
    ),
    example(
        "InstrumentForeignClient",
        ["ForeignKafkaClient", "Stitch", "TracedForeignKafkaClient"],
        excluding: ["Client", "Tracing"]
    ),
]

let suites: [Target] = [
    tests(of: "StitchService"),
    tests(of: "TraceContext"),
    tests(of: "TelemetryData", ["TraceContext"]),
    tests(
        of: "TelemetryAPI",
        ["MessageTracing", "StitchTesting", "TelemetryData", "TelemetrySDK", "TraceContext", "TraceFlow"]
    ),
    tests(
        of: "MessageTracing",
        ["StitchTesting", "TelemetryAPI", "TelemetryData", "TelemetrySDK", "TraceContext", "TraceFlow"]
    ),
    tests(of: "TelemetrySDK", ["StitchService", "TelemetryAPI", "TelemetryData", "TraceContext"]),
    tests(of: "StitchOTLP", ["CStitchZlib", "StitchService", "TelemetryData", "TelemetrySDK", "TraceContext"]),
    tests(
        of: "Stitch",
        ["StitchHTTP", "StitchOTLP", "StitchService", "TelemetryAPI", "TelemetryData", "TelemetrySDK", "TraceContext"]
    ),
    tests(
        of: "StitchSwiftServer",
        [
            "MessageTracing", "StitchService", "StitchTesting", "TelemetryAPI", "TelemetryData", "TelemetrySDK",
            "TraceContext", "TraceFlow",
        ],
        joining: Ecosystem.tracing.products("Tracing", "InMemoryTracing")
            + Ecosystem.logging.products("Logging", "InMemoryLogging")
            + Ecosystem.metrics.products("CoreMetrics")
            + Ecosystem.lifecycle.products("ServiceLifecycle", "ServiceLifecycleTestKit")
    ),
    tests(of: "TraceFlow", ["TelemetryData", "TraceContext"]),
    tests(of: "TraceStore", ["StitchOTLP", "StitchService", "TelemetryData", "TraceContext", "TraceFlow"]),
    tests(of: "StitchHTTP", ["StitchService"]),
    tests(
        of: "StitchKafka",
        [
            "CStitchRdkafka", "KafkaTesting", "StitchService", "StitchTesting", "TelemetryAPI", "TelemetryData",
            "TelemetrySDK", "TraceContext", "TraceFlow",
        ]
    ),
    tests(
        of: "TracedKafka",
        [
            "KafkaTesting", "MessageTracing", "StitchKafka", "StitchService", "StitchTesting", "TelemetryAPI",
            "TelemetryData", "TraceContext", "TraceFlow",
        ]
    ),
    tests(of: "StitchPostgres"),
    tests(of: "TracedJobs", ["MessageTracing", "StitchPostgres", "StitchService", "StitchTesting", "TraceContext"]),
    tests(
        of: "StitchTesting",
        ["MessageTracing", "TelemetryAPI", "TelemetryData", "TelemetrySDK", "TraceContext", "TraceFlow"]
    ),
    tests(
        of: "KafkaTesting",
        [
            "StitchKafka", "StitchService", "StitchTesting", "TelemetryAPI", "TelemetryData", "TelemetrySDK",
            "TraceContext", "TraceFlow",
        ]
    ),
    tests(of: "PostgresTesting"),
    tests(
        of: "TracedForeignKafkaClient",
        [
            "BillingWithStitch", "BillingWithSwiftKafkaClient", "ForeignKafkaClient", "KafkaTesting", "MessageTracing",
            "StitchKafka", "StitchTesting", "TelemetryAPI", "TelemetryData", "TelemetrySDK", "TraceContext",
            "TraceFlow", "TracedKafka",
        ]
    ),
    tests(
        of: "StitchCommand",
        [
            "CStitchZlib", "KafkaTesting", "StitchKafka", "StitchOTLP", "TelemetryData", "TraceContext", "TraceFlow",
            "TraceStore",
        ]
    ),
    // A member of a group that a test kills.
    .executableTarget(
        name: "KafkaMember",
        dependencies: named(["Stitch", "StitchKafka", "StitchService", "TracedKafka"]),
        path: "IntegrationTests/KafkaMember",
        swiftSettings: settings
    ),
    // A worker that a test kills, what it says, and a clock that is wrong.
    .executableTarget(
        name: "JobMember",
        dependencies: named(["CWrongClock", "ChaosJobs", "Stitch", "StitchPostgres", "StitchService", "TracedJobs"]),
        path: "IntegrationTests/JobMember",
        swiftSettings: settings
    ),
    .target(
        name: "ChaosJobs",
        dependencies: named(["TracedJobs"]),
        path: "IntegrationTests/ChaosJobs",
        swiftSettings: settings
    ),
    .target(name: "CWrongClock", path: "IntegrationTests/WrongClock"),
    // What needs a server: Postgres, a Kafka broker, whole processes.
    .testTarget(
        name: "IntegrationTests",
        dependencies: [
            "CStitchRdkafka", "ChaosJobs", "EnqueueOnForeignConnection", "ForeignPostgresClient", "ForeignSQLKit",
            "JobMember", "KafkaMember", "KafkaTesting", "MessageTracing", "PostgresTesting",
            "Stitch", "StitchCommand", "StitchHTTP", "StitchKafka", "StitchOTLP", "StitchPostgres", "StitchService",
            "StitchTesting", "TelemetryAPI", "TelemetryData", "TelemetrySDK", "TraceContext", "TraceContextService",
            "TraceFlow", "TracedJobs", "TracedKafka",
        ],
        path: "IntegrationTests",
        exclude: ["ChaosJobs", "JobMember", "KafkaMember", "OTLPPeer", "WrongClock"],
        swiftSettings: settings
    ),
]

let package = Package(
    name: "stitch",
    platforms: [.macOS(.v15)],
    products: products,
    traits: Set(Ecosystem.all.map { .trait(name: $0.trait, description: $0.summary) }),
    dependencies: Ecosystem.all.map(\.dependency),
    targets: modules + examples + suites,
    swiftLanguageModes: [.v6]
)
