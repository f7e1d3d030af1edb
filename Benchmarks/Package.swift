// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that whoever uses Stitch builds no benchmark.
let package = Package(
    name: "stitch-benchmarks",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "stitch-benchmarks", targets: ["StitchBenchmarks"])],
    dependencies: [.package(name: "stitch", path: "..")],
    targets: [
        .target(name: "CAllocationCounter"),
        .systemLibrary(
            name: "CBenchmarkRdkafka",
            pkgConfig: "rdkafka",
            providers: [.apt(["librdkafka-dev"]), .brew(["librdkafka"])]
        ),
        .target(name: "CKafkaLoops", dependencies: ["CBenchmarkRdkafka"]),
        .executableTarget(
            name: "StitchBenchmarks",
            dependencies: [
                "CAllocationCounter", "CKafkaLoops", .product(name: "MessageTracing", package: "stitch"),
                .product(name: "Stitch", package: "stitch"), .product(name: "TraceContext", package: "stitch"),
                .product(name: "TraceStore", package: "stitch"), .product(name: "TracedJobs", package: "stitch"),
                .product(name: "TracedKafka", package: "stitch"),
            ],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)
