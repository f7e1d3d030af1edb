// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that whoever uses Stitch builds no benchmark.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "stitch-benchmarks",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "stitch-benchmarks", targets: ["StitchBenchmarks"]),
        .executable(name: "kafka-soak", targets: ["KafkaSoak"]),
        .executable(name: "receiver-soak", targets: ["ReceiverSoak"]),
    ],
    dependencies: [.package(name: "stitch", path: "..")],
    targets: [
        .target(name: "CAllocationCounter"),
        .systemLibrary(
            name: "CBenchmarkRdkafka",
            pkgConfig: "rdkafka",
            providers: [.apt(["librdkafka-dev"]), .brew(["librdkafka"])]
        ),
        .systemLibrary(
            name: "CBenchmarkLibpq",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]
        ),
        .target(name: "CPostgresLoops", dependencies: ["CBenchmarkLibpq"]),
        .target(name: "CKafkaLoops", dependencies: ["CBenchmarkRdkafka"]),
        .executableTarget(
            name: "StitchBenchmarks",
            dependencies: [
                "CAllocationCounter", "CKafkaLoops", "CPostgresLoops",
                .product(name: "MessageTracing", package: "stitch"),
                .product(name: "PostgresTesting", package: "stitch"),
                .product(name: "Stitch", package: "stitch"), .product(name: "TraceContext", package: "stitch"),
                .product(name: "TraceStore", package: "stitch"), .product(name: "TracedJobs", package: "stitch"),
                .product(name: "TracedKafka", package: "stitch"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "KafkaSoak",
            dependencies: [
                "SoakSupport",
                .product(name: "Stitch", package: "stitch"), .product(name: "TracedKafka", package: "stitch"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "ReceiverSoak",
            dependencies: ["SoakSupport", .product(name: "Stitch", package: "stitch")],
            swiftSettings: settings
        ),
        .target(name: "SoakSupport", swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
