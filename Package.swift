// swift-tools-version: 6.2
// `runs`: an experiment store, a tuner and a re-runner of trials. The floors are told in docs/design/floors.md.
import PackageDescription

/// What every Swift target of ours is compiled with.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// A room on floor 1 to 3, in `Sources/NAME` unless a path is given.
func room(
  _ name: String, in path: String? = nil, _ dependencies: [Target.Dependency] = [],
  exclude: [String] = [], sources: [String]? = nil, resources: [Resource]? = nil
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: path, exclude: exclude, sources: sources,
    resources: resources, swiftSettings: strict)
}

/// A plugin: its one Swift dependency of ours is `Tracking`; `shims` are C modules of floor 0.
func plugin(
  _ name: String, in folder: String, shims: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .target(
    name: name, dependencies: ["Tracking"] + shims, path: "plugins/\(folder)", exclude: exclude, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

func system(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let package = Package(
  name: "runs",
  products: [
    .executable(name: "runs", targets: ["runs"]),
    .library(name: "Tracking", targets: ["Tracking"]),
    .library(name: "TrackingContracts", targets: ["TrackingContracts"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
  ],
  targets: [
    // Floor 0: C modules.
    // The system's SQLite.
    system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    // The system's libarchive.
    system("CArchive", pkgConfig: "libarchive", apt: "libarchive-dev"),
    // The system's zstd.
    system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    // The system's libcrypto, for SHA-256.
    system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
    // Linux system calls that glibc declares in a way Swift cannot call.
    .systemLibrary(name: "CProcess"),
    // The trainer's arithmetic: multiply then add in a fixed order, dispatched at run time; fast in debug builds too.
    .target(
      name: "CImageKernels", path: "plugins/trainers/image-classification/Kernels",
      cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off", "-fno-math-errno"])]),
    // Linear algebra in double precision: sums in a fixed order, dispatched at run time; fast in debug builds too.
    .target(
      name: "CLinearKernels", path: "plugins/strategies/bayesian/Kernels",
      cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off", "-fno-math-errno"])]),

    // Floor 1: the API, and what databases share.
    // The one API: records, the store's protocols, the plugins' protocols. What a plugin author reads.
    room("Tracking", ["CCrypto"]),
    // What two databases share: connection, value, row, error. No SQL text.
    room("SQL"),
    // The migrations, embedded in the binary.
    room(
      "Schema", in: "schema", exclude: ["sweep.schema.json"], sources: ["Schema.swift"],
      resources: [.embedInCode("migrations")]),

    // Floor 2: rooms that know Tracking and never each other.
    // SQL over libsqlite3: one writer, a pool of readers, fair waiting.
    room("SQLite", ["SQL", "CSQLite"]),
    // The tracking API on any SQL database; the migrator; the metric chunk format.
    room("SQLTracking", ["Tracking", "SQL", "Schema", "CZstd"]),
    // Artifacts as deterministic tarballs named by their SHA-256.
    room("TarArtifacts", ["Tracking", "CArchive", "CZstd"]),
    // What a run's record holds so that it can be run again: code, inputs, environment.
    room("Provenance", ["Tracking"]),
    // Sweep specs, and the loop that brings a sweep's records to its end.
    room("Sweeping", ["Tracking", .product(name: "Yams", package: "Yams")]),
    // A program outside as a plugin, and a plugin of ours as a program.
    room("PluginProcesses", ["Tracking", "CProcess"]),
    // The door over HTTP: MLflow's REST API, and the tracking API itself.
    room(
      "TrackingServer",
      [
        "Tracking", .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ]),
    // The tracking API through that door.
    room(
      "TrackingClient",
      [
        "Tracking", .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ]),
    // Brings runs in from MLflow and TensorBoard, and out to MLflow.
    room(
      "Exchange",
      [
        "Tracking", .product(name: "Yams", package: "Yams"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
      ]),
    // Reads the SQL database of an MLflow server.
    room("MLflowDatabase", ["Tracking", "SQL"]),
    // The contract suites that every store, artifact store, strategy and launcher passes.
    room("TrackingContracts", ["Tracking"]),
    // Draws each proposal at random.
    plugin("RandomStrategy", in: "strategies/random"),
    // Tries configurations that were given by hand.
    plugin("ListStrategy", in: "strategies/list"),
    // Models results by a Gaussian process: bayesian, its multi-fidelity form, and auto.
    plugin(
      "BayesianStrategies", in: "strategies/bayesian", shims: ["CLinearKernels"], exclude: ["Kernels"]),
    // Models good and bad configurations by two densities.
    plugin("TPEStrategy", in: "strategies/tpe"),
    // Adapts a normal distribution to the good configurations.
    plugin("CMAESStrategy", in: "strategies/cmaes"),
    // Gives more of the resource to the better part: Hyperband, and asynchronous successive halving.
    plugin("HalvingStrategies", in: "strategies/halving"),
    // Trains a population whose worse members copy the better.
    plugin("PopulationStrategy", in: "strategies/population"),
    // Searches for the Pareto front of several objectives.
    plugin("ParetoStrategy", in: "strategies/pareto"),
    // Goes through a finite space in order.
    plugin("GridStrategy", in: "strategies/grid"),
    // Stops trials that fall behind the best by a slack.
    plugin("BanditPolicy", in: "policies/bandit"),
    // Stops trials that are worse than the median.
    plugin("MedianStoppingPolicy", in: "policies/median-stopping"),
    // Stops the worst part of the trials.
    plugin("TruncationPolicy", in: "policies/truncation"),
    // Stops trials that are not among the best at a rung.
    plugin("HalvingPolicy", in: "policies/halving"),
    // Stops trials by a bound or for want of progress.
    plugin("PlateauPolicies", in: "policies/plateau"),
    // Starts jobs as processes of this machine.
    plugin("LocalLauncher", in: "launchers/local", shims: ["CProcess"]),
    // Trains image classifiers, bit for bit the same everywhere.
    plugin(
      "ImageClassificationTrainer", in: "trainers/image-classification/Sources",
      shims: ["CImageKernels", "CArchive"]),

    // Floor 3: the one executable. Only it names concrete stores and plugins.
    .executableTarget(
      name: "runs",
      dependencies: [
        "Tracking", "SQL", "SQLite", "SQLTracking", "TarArtifacts", "Sweeping",
        "RandomStrategy", "GridStrategy", "ListStrategy", "BayesianStrategies", "TPEStrategy", "CMAESStrategy",
        "HalvingStrategies", "PopulationStrategy",
        "ParetoStrategy", "BanditPolicy", "MedianStoppingPolicy", "TruncationPolicy", "HalvingPolicy",
        "PlateauPolicies",
        "PluginProcesses", "LocalLauncher", "TrackingServer", "TrackingClient",
        "Exchange", "MLflowDatabase", "Provenance", "ImageClassificationTrainer", "CProcess",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    tests(
      "TrackingTests", ["Tracking", "SQL", "SQLite", "SQLTracking", "TarArtifacts", "TrackingContracts"]),
    tests("SQLiteTests", ["SQL", "SQLite"]),
    // A process that works on a store and is killed.
    .executableTarget(
      name: "StoreProcess", dependencies: ["Tracking", "SQL", "SQLite", "SQLTracking"], path: "Tests/StoreProcess",
      swiftSettings: strict),
    tests(
      "SQLTrackingTests",
      ["Tracking", "SQL", "SQLite", "Schema", "SQLTracking", "TrackingContracts", "StoreProcess", "CSQLite"],
      exclude: ["Golden"]),
    // A writer of artifacts that the tests kill.
    .executableTarget(
      name: "ArtifactProcess", dependencies: ["Tracking", "TarArtifacts"], path: "Tests/ArtifactProcess",
      swiftSettings: strict),
    tests("TarArtifactsTests", ["Tracking", "TarArtifacts", "TrackingContracts", "ArtifactProcess"]),
    // Plugins that do everything that deciders may do.
    .target(name: "LadderPlugins", dependencies: ["Tracking"], path: "Tests/LadderPlugins", swiftSettings: strict),
    // A process that drives a sweep with them, and is killed.
    .executableTarget(
      name: "SweepProcess",
      dependencies: ["Tracking", "SQLite", "SQLTracking", "Sweeping", "LocalLauncher", "LadderPlugins"],
      path: "Tests/SweepProcess", swiftSettings: strict),
    tests(
      "SweepingTests",
      [
        "Tracking", "SQL", "SQLite", "SQLTracking", "TarArtifacts", "Provenance", "Sweeping", "TrackingContracts",
        "RandomStrategy",
        "GridStrategy", "BanditPolicy", "MedianStoppingPolicy", "TruncationPolicy", "PlateauPolicies", "LocalLauncher",
        "LadderPlugins", "SweepProcess", "runs",
      ]),
    tests("StrategyTests", ["Tracking", "TrackingContracts", "RandomStrategy", "GridStrategy"]),
    // Spaces with priors that the tests of strategies share.
    .target(name: "BelievedSpaces", dependencies: ["Tracking"], path: "Tests/BelievedSpaces", swiftSettings: strict),
    tests(
      "BayesianTests", ["Tracking", "TrackingContracts", "BayesianStrategies", "CLinearKernels", "BelievedSpaces"]),
    tests(
      "ModelFreeTests",
      ["Tracking", "TrackingContracts", "ListStrategy", "TPEStrategy", "CMAESStrategy", "BelievedSpaces"]),
    tests("HalvingTests", ["Tracking", "TrackingContracts", "HalvingStrategies", "HalvingPolicy"]),
    tests("PopulationTests", ["Tracking", "TrackingContracts", "PopulationStrategy", "ParetoStrategy"]),
    tests(
      "PolicyTests",
      [
        "Tracking", "TrackingContracts", "BanditPolicy", "MedianStoppingPolicy", "TruncationPolicy", "PlateauPolicies",
      ]),
    tests("PluginProcessesTests", ["Tracking", "TrackingContracts", "PluginProcesses", "RandomStrategy", "runs"]),
    tests("LocalLauncherTests", ["Tracking", "TrackingContracts", "LocalLauncher"]),
    tests(
      "ImageClassificationTests",
      [
        "Tracking", "TrackingContracts", "SQLite", "SQLTracking", "TarArtifacts", "ImageClassificationTrainer",
        "CImageKernels",
      ]),
    tests(
      "TrackingServerTests",
      [
        "Tracking", "SQL", "SQLite", "SQLTracking", "TarArtifacts", "TrackingContracts", "TrackingServer",
        "TrackingClient", "CSQLite", "runs",
      ], exclude: ["Clients", "Golden"]),
    // An importer that the tests kill.
    .executableTarget(
      name: "ImportProcess",
      dependencies: ["Tracking", "SQLite", "SQLTracking", "TarArtifacts", "Exchange"], path: "Tests/ImportProcess",
      swiftSettings: strict),
    tests(
      "ExchangeTests",
      [
        "Tracking", "SQL", "SQLite", "SQLTracking", "TarArtifacts", "TrackingContracts", "Exchange", "MLflowDatabase",
        "ImportProcess",
      ], exclude: ["Golden"]),
    tests("ProvenanceTests", ["Tracking", "TarArtifacts", "Provenance", "TrackingContracts"]),
    tests("ArchitectureTests", []),
    tests(
      "CommandTests",
      [
        "Tracking", "SQL", "SQLite", "SQLTracking", "Sweeping", "Provenance", "TarArtifacts", "TrackingServer",
        "runs",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], exclude: ["Golden"]),
    tests("DocsTests", []),
  ],
  swiftLanguageModes: [.v6]
)
