// swift-tools-version: 6.1
import PackageDescription

// Warnings are errors everywhere; a dependency's own warnings are not ours.
let strict: [SwiftSetting] = [.unsafeFlags(["-warnings-as-errors"])]
let strictC: [CSetting] = [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]

// A released program starts often, and what it starts with is mostly the binding of addresses.
let released: [LinkerSetting] = [
  .unsafeFlags(
    ["-use-ld=lld", "-Xclang-linker", "-static-libgcc", "-Xclang-linker", "-no-pie"],
    .when(configuration: .release))
]

let serving: TargetDependencyCondition? = .when(traits: ["Collector"])

let package = Package(
  name: "latgate",
  products: [
    .executable(name: "latgate", targets: ["latgate"])
  ],
  traits: [
    .trait(
      name: "Collector",
      description: "latgate-collector serves, by Hummingbird, SwiftNIO and swift-certificates.")
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    // With the trait Collector only.
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .target(name: "CAgentABI", path: "Sources/Device/CAgentABI", cSettings: strictC),
    .systemLibrary(
      name: "CLibBPF", path: "Sources/System/CLibBPF", pkgConfig: "libbpf",
      providers: [.apt(["libbpf-dev"])]),
    .target(
      name: "AttachLadder", dependencies: ["CLibBPF"], path: "Sources/Device/AttachLadder",
      cSettings: strictC),
    .target(
      name: "TraceFold", dependencies: ["CAgentABI"], path: "Sources/Device/TraceFold",
      cSettings: strictC),
    .target(name: "POSIXSupport", path: "Sources/System/POSIXSupport", swiftSettings: strict),
    .target(
      name: "HostTools",
      dependencies: [
        "POSIXSupport",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ], path: "Sources/System/HostTools",
      swiftSettings: strict),
    .target(name: "KernelTypes", path: "Sources/Kernels/KernelTypes", swiftSettings: strict),
    .target(
      name: "Symbols", dependencies: ["KernelTypes"], path: "Sources/Kernels/Symbols",
      swiftSettings: strict),
    .target(name: "KernelEvents", path: "Sources/Kernels/KernelEvents", swiftSettings: strict),
    .target(
      name: "LatencyHistograms", path: "Sources/Measure/LatencyHistograms", swiftSettings: strict),
    // What files and packets are compressed with.
    .systemLibrary(name: "CZlib", path: "Sources/System/CZlib"),
    .systemLibrary(name: "CZstd", path: "Sources/System/CZstd"),
    .target(
      name: "PerfettoTraces", dependencies: ["TraceFold", "CZlib", "CZstd", "LatencyHistograms"],
      path: "Sources/Measure/PerfettoTraces",
      swiftSettings: strict),
    .target(
      name: "RunRecords", dependencies: ["LatencyHistograms"], path: "Sources/Measure/RunRecords",
      swiftSettings: strict),
    .target(
      name: "HistogramExchange", dependencies: ["CZlib", "LatencyHistograms", "RunRecords"],
      path: "Sources/Measure/HistogramExchange", swiftSettings: strict),
    .target(
      name: "Catalogs",
      dependencies: ["KernelEvents", "RunRecords", .product(name: "Yams", package: "Yams")],
      path: "Sources/Measure/Catalogs",
      swiftSettings: strict),
    .target(
      name: "DebianRoots",
      dependencies: [
        "POSIXSupport", "HostTools", "KernelTypes",
        .product(name: "Crypto", package: "swift-crypto"),
      ], path: "Sources/Kernels/DebianRoots",
      swiftSettings: strict),
    .target(
      name: "ProbePrograms",
      dependencies: ["CAgentABI", "Catalogs", "KernelEvents", "KernelTypes", "Symbols"],
      path: "Sources/Kernels/ProbePrograms",
      swiftSettings: strict),
    .target(
      name: "ProbeBuild",
      dependencies: [
        "POSIXSupport", "KernelTypes", "DebianRoots", "Catalogs", "ProbePrograms",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Subprocess", package: "swift-subprocess"),
      ], path: "Sources/Kernels/ProbeBuild",
      swiftSettings: strict),
    .target(
      name: "KernelBTF",
      dependencies: [
        "CLibBPF", "AttachLadder", "HostTools", "KernelTypes", "ProbeBuild",
        .product(name: "Crypto", package: "swift-crypto"),
      ], path: "Sources/Kernels/KernelBTF",
      swiftSettings: strict),
    // What adb compresses files with.
    .systemLibrary(name: "CLZ4", path: "Sources/System/CLZ4"),
    .systemLibrary(name: "CBrotli", path: "Sources/System/CBrotli"),
    .systemLibrary(name: "CLibUSB", path: "Sources/System/CLibUSB"),
    .target(
      name: "ADB",
      dependencies: [
        "POSIXSupport", "CLZ4", "CZstd", "CBrotli", "CLibUSB",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
      ], path: "Sources/Reach/ADB",
      swiftSettings: strict),
    .target(
      name: "FirmwareKit", dependencies: ["CAgentABI", "POSIXSupport", "ProbeBuild"],
      path: "Sources/Kernels/FirmwareKit",
      swiftSettings: strict),
    .target(
      name: "Devices",
      dependencies: [
        "POSIXSupport", "ADB",
      ], path: "Sources/Reach/Devices",
      swiftSettings: strict),
    .target(
      name: "AgentSession", dependencies: ["CAgentABI", "POSIXSupport", "Devices"],
      path: "Sources/Reach/AgentSession",
      swiftSettings: strict),
    .target(
      name: "VirtualDevices",
      dependencies: [
        "POSIXSupport", "HostTools", "KernelTypes", "DebianRoots",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ], path: "Sources/Reach/VirtualDevices",
      swiftSettings: strict),
    .target(
      name: "RegressionAnalysis",
      dependencies: ["LatencyHistograms", "RunRecords"], path: "Sources/Judge/RegressionAnalysis",
      swiftSettings: strict),
    .target(
      name: "FleetAnalysis", dependencies: ["LatencyHistograms", "RegressionAnalysis"],
      path: "Sources/Fleet/FleetAnalysis", swiftSettings: strict),
    .target(
      name: "Campaigns", dependencies: [.product(name: "Crypto", package: "swift-crypto")],
      path: "Sources/Fleet/Campaigns", swiftSettings: strict),
    .target(
      name: "CampaignFiles", dependencies: ["POSIXSupport", "Campaigns"],
      path: "Sources/Fleet/CampaignFiles", swiftSettings: strict),
    .target(
      name: "Reporting",
      dependencies: [
        "LatencyHistograms", "KernelTypes", "RunRecords", "Catalogs", "RegressionAnalysis",
        "FleetAnalysis",
      ], path: "Sources/Judge/Reporting",
      swiftSettings: strict),
    .target(
      name: "RecordStore",
      dependencies: [
        "POSIXSupport", "RunRecords", "RegressionAnalysis",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "GRDB", package: "GRDB.swift"),
      ], path: "Sources/Judge/RecordStore",
      swiftSettings: strict),
    .target(
      name: "Experiments",
      dependencies: [
        "POSIXSupport", "LatencyHistograms", "PerfettoTraces", "RunRecords", "Catalogs",
        "ProbePrograms", "ProbeBuild", "FirmwareKit", "KernelEvents", "KernelTypes", "KernelBTF",
        "Symbols", "HostTools", "ADB", "Devices",
        "AgentSession", "VirtualDevices",
        "RegressionAnalysis", "RecordStore",
      ], path: "Sources/Measure/Experiments",
      swiftSettings: strict),
    .target(
      name: "FleetReports", dependencies: ["CZlib", "LatencyHistograms"],
      path: "Sources/Fleet/FleetReports", swiftSettings: strict),
    .target(
      name: "FleetLog",
      dependencies: [
        "CZlib", "POSIXSupport", "FleetReports",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "GRDB", package: "GRDB.swift"),
      ], path: "Sources/Fleet/FleetLog", swiftSettings: strict),
    .target(
      name: "FleetCollector",
      dependencies: [
        "POSIXSupport", "LatencyHistograms", "FleetReports", "FleetLog", "FleetAnalysis",
        "Reporting",
        .product(name: "Crypto", package: "swift-crypto", condition: serving),
        .product(name: "Hummingbird", package: "hummingbird", condition: serving),
        .product(name: "HummingbirdCore", package: "hummingbird", condition: serving),
        .product(name: "HummingbirdTLS", package: "hummingbird", condition: serving),
        .product(name: "NIOCore", package: "swift-nio", condition: serving),
        .product(name: "NIOSSL", package: "swift-nio-ssl", condition: serving),
        .product(name: "X509", package: "swift-certificates", condition: serving),
        .product(name: "SwiftASN1", package: "swift-asn1", condition: serving),
        .product(name: "Logging", package: "swift-log", condition: serving),
        .product(
          name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: serving),
        .product(name: "UnixSignals", package: "swift-service-lifecycle", condition: serving),
      ], path: "Sources/Fleet/FleetCollector", swiftSettings: strict),
    .executableTarget(
      name: "latgate-collector",
      dependencies: [
        "FleetLog", "FleetCollector",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Sources/Fleet/latgate-collector", swiftSettings: strict),
    // Debian's adb and adbd, for tests and ci/bench.
    .target(
      name: "ADBPeers", dependencies: ["POSIXSupport", "DebianRoots", "Devices"],
      path: "Tests/ADBPeers", swiftSettings: strict),
    .executableTarget(
      name: "latgate-bench", dependencies: ["Devices", "ADBPeers"],
      path: "Sources/Developer/latgate-bench", swiftSettings: strict),
    .executableTarget(
      name: "latgate-collector-bench",
      dependencies: [
        "LatencyHistograms", "FleetReports", "FleetLog",
        .product(name: "NIOCore", package: "swift-nio", condition: serving),
        .product(name: "NIOPosix", package: "swift-nio", condition: serving),
        .product(name: "NIOSSL", package: "swift-nio-ssl", condition: serving),
      ], path: "Sources/Developer/latgate-collector-bench", swiftSettings: strict),
    .executableTarget(
      name: "latgate-exam", dependencies: ["RegressionAnalysis", "FleetAnalysis", "Reporting"],
      path: "Sources/Developer/latgate-exam", swiftSettings: strict),
    .target(
      name: "Jobs",
      dependencies: [
        "POSIXSupport", "LatencyHistograms", "PerfettoTraces", "RunRecords", "Catalogs",
        "KernelEvents",
        "ProbeBuild", "FirmwareKit", "KernelBTF", "Devices", "AgentSession", "ADB",
        "VirtualDevices", "RegressionAnalysis", "FleetReports", "FleetLog", "FleetAnalysis",
        "Campaigns", "CampaignFiles", "Reporting", "RecordStore",
        "Experiments",
      ], path: "Sources/CommandLine/Jobs",
      swiftSettings: strict),
    .executableTarget(
      name: "latgate",
      dependencies: [
        "POSIXSupport", "PerfettoTraces", "RunRecords", "HistogramExchange", "Catalogs",
        "ProbeBuild", "FirmwareKit",
        "KernelBTF", "Devices", "ADB", "VirtualDevices", "RegressionAnalysis",
        "FleetAnalysis", "Campaigns", "CampaignFiles", "Reporting", "RecordStore",
        "Experiments", "Jobs",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Sources/CommandLine/latgate",
      swiftSettings: strict, linkerSettings: released),
    .testTarget(
      name: "POSIXSupportTests",
      dependencies: ["POSIXSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "KernelEventsTests", dependencies: ["KernelEvents"], swiftSettings: strict),
    .testTarget(
      name: "MeasureLinesTests", dependencies: ["Catalogs", "KernelEvents"],
      resources: [.copy("Formats")], swiftSettings: strict),
    .testTarget(
      name: "LatencyHistogramsTests",
      dependencies: ["CAgentABI", "LatencyHistograms"],
      swiftSettings: strict),
    .testTarget(
      name: "PerfettoTracesTests",
      dependencies: [
        "TraceFold", "CZlib", "CZstd", "LatencyHistograms", "PerfettoTraces", "Catalogs",
        "ProbePrograms",
      ],
      resources: [.copy("Fixtures")],
      swiftSettings: strict),
    .testTarget(
      name: "RunRecordsTests",
      dependencies: ["LatencyHistograms", "RunRecords"],
      resources: [.copy("Fixtures")],
      swiftSettings: strict),
    .testTarget(
      name: "CatalogsTests",
      dependencies: ["RunRecords", "Catalogs"],
      swiftSettings: strict),
    .testTarget(
      name: "HostToolsTests",
      dependencies: ["HostTools"],
      swiftSettings: strict),
    .testTarget(
      name: "DebianRootsTests",
      dependencies: ["DebianRoots"],
      swiftSettings: strict),
    .testTarget(
      name: "KernelTypesTests",
      dependencies: ["KernelTypes"],
      swiftSettings: strict),
    .testTarget(
      name: "SymbolsTests", dependencies: ["KernelTypes", "Symbols"], swiftSettings: strict),
    .testTarget(
      name: "KernelBTFTests",
      dependencies: [
        "CAgentABI", "KernelEvents", "KernelTypes", "Catalogs", "ProbePrograms", "ProbeBuild",
        "KernelBTF",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ProbeProgramsTests",
      dependencies: [
        "CAgentABI", "Catalogs", "KernelEvents", "KernelTypes", "ProbePrograms", "Symbols",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ProbeBuildTests",
      dependencies: ["KernelEvents", "KernelTypes", "Catalogs", "ProbeBuild", "ProbePrograms"],
      swiftSettings: strict),
    .testTarget(
      name: "FirmwareKitTests",
      dependencies: ["ProbeBuild", "FirmwareKit"],
      swiftSettings: strict),
    .testTarget(
      name: "ADBTests",
      dependencies: ["POSIXSupport", "ADB"],
      swiftSettings: strict),
    .testTarget(
      name: "ADBPeerTests",
      dependencies: ["POSIXSupport", "ADB", "Devices", "ADBPeers"],
      swiftSettings: strict),
    // A real ssh server, for tests.
    .target(
      name: "SSHPeer", dependencies: ["POSIXSupport", "DebianRoots"], path: "Tests/SSHPeer",
      swiftSettings: strict),
    .testTarget(
      name: "DevicesTests",
      dependencies: ["POSIXSupport", "ADB", "Devices", "SSHPeer"],
      swiftSettings: strict),
    // The agent over an engine that needs no BPF, for tests.
    .target(
      name: "AgentPeer", dependencies: ["POSIXSupport", "Devices"], path: "Tests/AgentPeer",
      swiftSettings: strict),
    .testTarget(
      name: "AgentSessionTests",
      dependencies: ["CAgentABI", "POSIXSupport", "Devices", "AgentSession", "AgentPeer"],
      swiftSettings: strict),
    .testTarget(
      name: "VirtualDevicesTests",
      dependencies: ["POSIXSupport", "HostTools", "VirtualDevices"],
      swiftSettings: strict),
    .testTarget(
      name: "RegressionAnalysisTests",
      dependencies: ["LatencyHistograms", "RunRecords", "RegressionAnalysis"],
      swiftSettings: strict),
    // Other projects' readers of formats, for tests.
    .target(name: "ForeignReaders", path: "Tests/ForeignReaders", swiftSettings: strict),
    .testTarget(
      name: "CampaignsTests", dependencies: ["ForeignReaders", "Campaigns", "CampaignFiles"],
      exclude: ["tuf_attacks.py"], swiftSettings: strict),
    .testTarget(
      name: "FleetAnalysisTests",
      dependencies: ["LatencyHistograms", "RegressionAnalysis", "FleetAnalysis"],
      swiftSettings: strict),
    .testTarget(
      name: "HistogramExchangeTests",
      dependencies: ["ForeignReaders", "LatencyHistograms", "RunRecords", "HistogramExchange"],
      swiftSettings: strict),
    .testTarget(
      name: "ReportingTests",
      dependencies: [
        "ForeignReaders", "LatencyHistograms", "RunRecords", "Catalogs", "RegressionAnalysis",
        "FleetAnalysis", "Reporting", "Jobs",
      ],
      exclude: ["Snapshots"],
      resources: [.copy("Fixtures")],
      swiftSettings: strict),
    .testTarget(
      name: "ExperimentsTests",
      dependencies: [
        "POSIXSupport", "KernelTypes", "RunRecords", "Catalogs", "ProbeBuild", "Devices",
        "AgentSession", "VirtualDevices", "RegressionAnalysis", "RecordStore", "Experiments",
        "AgentPeer",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "RecordStoreTests",
      dependencies: [
        "POSIXSupport", "LatencyHistograms", "RunRecords", "RegressionAnalysis", "RecordStore",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      resources: [.copy("Fixtures")],
      swiftSettings: strict),
    .testTarget(
      name: "JobsTests",
      dependencies: [
        "LatencyHistograms", "PerfettoTraces", "Catalogs", "Devices", "RunRecords",
        "RegressionAnalysis", "RecordStore", "FleetReports", "FleetLog", "FleetAnalysis",
        "Campaigns",
        "Experiments", "Jobs",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "FleetReportsTests", dependencies: ["LatencyHistograms", "FleetReports"],
      swiftSettings: strict),
    .testTarget(
      name: "FleetLogTests",
      dependencies: [
        "POSIXSupport", "DebianRoots", "FleetReports", "FleetLog", "ForeignReaders",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "FleetCollectorTests",
      dependencies: ["FleetReports", "FleetLog", "Reporting", "FleetCollector"],
      swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "DebianRoots", "Catalogs", "ProbePrograms", "Devices", "AgentSession", "ForeignReaders",
        "SSHPeer", "ADBPeers", "VirtualDevices",
      ],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
