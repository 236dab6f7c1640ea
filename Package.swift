// swift-tools-version: 6.1
import PackageDescription

/// Settings shared by every Swift target: Swift 6 language mode is the default of the tools version;
/// imports are internal unless a target's interface really exposes another module.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "rledit-lua",
    products: [
        .executable(name: "rledit-lua", targets: ["rledit-lua"]),
        .library(
            name: "RLEdit",
            targets: [
                "RLEditTensor", "RLEditCore", "RLEditNN", "RLEditONNX", "RLEditData", "RLEditWorlds", "RLEditLearners",
                "RLEditBaselines",
                "RLEditRuns",
            ]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // C libraries of the system, each with the Debian package that brings it.
        .systemLibrary(name: "CLua", path: "CLua", pkgConfig: "lua5.4", providers: [.apt(["liblua5.4-dev"])]),
        .systemLibrary(name: "CDNNL", providers: [.apt(["libdnnl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(name: "CLibedit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),

        // What every other target may use: settings, schedules, JSON, spelling.
        .target(name: "RLEditCore", swiftSettings: strict),

        // The script host. Knows nothing of learning.
        .target(name: "CLuaShims", dependencies: ["CLua"]),
        .target(name: "LuaBridge", dependencies: ["CLua", "CLuaShims", "RLEditCore"], swiftSettings: strict),

        // The numeric core. Knows nothing of Lua.
        .target(name: "CKernels", dependencies: ["CDNNL"], linkerSettings: [.linkedLibrary("dnnl")]),
        .target(name: "RLEditTensor", dependencies: ["CKernels", "RLEditCore"], swiftSettings: strict),
        .target(name: "RLEditNN", dependencies: ["RLEditTensor", "RLEditCore", "CKernels"], swiftSettings: strict),
        .target(name: "RLEditONNX", dependencies: ["RLEditTensor", "RLEditCore", "RLEditNN"], swiftSettings: strict),
        .target(name: "CPictures", dependencies: ["CJPEG", "CPNG"]),
        .target(
            name: "RLEditData", dependencies: ["RLEditTensor", "RLEditCore", "CZlib", "CCrypto", "CPictures"],
            swiftSettings: strict),
        .target(
            name: "RLEditWorlds", dependencies: ["RLEditTensor", "RLEditCore", "RLEditNN", "RLEditData", "CKernels"],
            swiftSettings: strict),
        .target(
            name: "RLEditLearners",
            dependencies: ["RLEditTensor", "RLEditCore", "RLEditNN", "RLEditWorlds", "CKernels"],
            swiftSettings: strict),
        .target(
            name: "RLEditBaselines",
            dependencies: ["RLEditTensor", "RLEditCore", "RLEditNN", "RLEditData", "RLEditWorlds"],
            swiftSettings: strict),
        .target(
            name: "RLEditRuns",
            dependencies: [
                "RLEditTensor", "RLEditCore", "RLEditNN", "RLEditONNX", "RLEditData", "RLEditWorlds", "RLEditLearners",
                "CZlib",
            ],
            swiftSettings: strict),

        // What the kernel forbids the process of a sandboxed run.
        .target(name: "CSandbox"),
        // The beginning of a process of a run under MPI.
        .target(name: "CProcessGroup"),

        // The product: the modules that scripts see, and the command line.
        .target(
            name: "RLEditLua",
            dependencies: [
                "LuaBridge", "CSandbox", "RLEditTensor", "RLEditCore", "RLEditNN", "RLEditData", "RLEditWorlds",
                "RLEditLearners",
                "RLEditBaselines", "RLEditRuns",
            ],
            // Architectures in Lua, inside the program: no file for the sandbox to allow.
            resources: [.embedInCode("Bindings/Models")], swiftSettings: strict),
        .target(name: "CLineEditor", dependencies: ["CLibedit"]),
        .executableTarget(
            name: "rledit-lua",
            dependencies: [
                "LuaBridge", "RLEditCore", "RLEditTensor", "RLEditLua", "RLEditRuns", "CLineEditor", "CProcessGroup",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        // What scripts/bench runs.
        .executableTarget(
            name: "rledit-bench",
            dependencies: [
                "RLEditLua", "LuaBridge", "RLEditRuns", "RLEditLearners", "RLEditWorlds", "RLEditData", "RLEditNN",
                "RLEditTensor", "RLEditCore",
            ], swiftSettings: strict),

        // Tests.
        .target(
            name: "RLEditTestSupport",
            dependencies: [
                "RLEditTensor", "RLEditCore", "RLEditNN", "RLEditONNX", "RLEditData", "RLEditWorlds", "RLEditLearners",
                "RLEditRuns",
            ],
            resources: [.copy("Corpus")], swiftSettings: strict),
        .testTarget(name: "RLEditCoreTests", dependencies: ["RLEditCore"], swiftSettings: strict),
        .testTarget(
            name: "LuaBridgeTests", dependencies: ["LuaBridge", "RLEditTestSupport"], resources: [.copy("Library")],
            swiftSettings: strict),
        .testTarget(
            name: "RLEditTensorTests", dependencies: ["RLEditTensor", "RLEditCore", "RLEditTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "RLEditNNTests", dependencies: ["RLEditNN", "RLEditTensor", "RLEditCore", "RLEditTestSupport"],
            resources: [.copy("Fixtures")], swiftSettings: strict),
        .testTarget(
            name: "RLEditONNXTests",
            dependencies: ["RLEditONNX", "RLEditNN", "RLEditTensor", "RLEditCore", "RLEditTestSupport"],
            resources: [.copy("Fixtures")], swiftSettings: strict),
        .testTarget(
            name: "RLEditDataTests", dependencies: ["RLEditData", "RLEditTensor", "RLEditCore", "RLEditTestSupport"],
            resources: [.copy("Pictures")], swiftSettings: strict),
        .testTarget(
            name: "RLEditWorldsTests",
            dependencies: [
                "RLEditWorlds", "RLEditNN", "RLEditData", "RLEditTensor", "RLEditCore", "CKernels", "RLEditTestSupport",
            ], resources: [.copy("Fixtures")], swiftSettings: strict),
        .testTarget(
            name: "RLEditLearnersTests",
            dependencies: [
                "RLEditLearners", "RLEditWorlds", "RLEditNN", "RLEditData", "RLEditTensor", "RLEditCore",
                "RLEditTestSupport",
            ],
            resources: [.copy("Fixtures")], swiftSettings: strict),
        .testTarget(
            name: "RLEditBaselinesTests",
            dependencies: [
                "RLEditBaselines", "RLEditWorlds", "RLEditNN", "RLEditData", "RLEditTensor", "RLEditCore",
                "RLEditTestSupport",
            ], swiftSettings: strict),
        .testTarget(
            name: "RLEditRunsTests",
            dependencies: [
                "RLEditRuns", "RLEditLearners", "RLEditWorlds", "RLEditData", "RLEditNN", "RLEditTensor", "RLEditCore",
                "RLEditTestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "RLEditLuaTests",
            dependencies: [
                "RLEditLua", "LuaBridge", "RLEditTensor", "RLEditCore", "RLEditNN", "RLEditData", "RLEditWorlds",
                "RLEditLearners",
                "RLEditBaselines", "RLEditRuns", "RLEditTestSupport",
            ], swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests", dependencies: ["RLEditCore", "RLEditRuns"], resources: [.copy("Adversarial")],
            swiftSettings: strict),
    ]
)

// scripts/fuzz alone builds this, in a folder of its own: everything has to be compiled for libFuzzer and it.
if Context.environment["RLEDIT_FUZZING"] != nil {
    package.products.append(.executable(name: "rledit-fuzz", targets: ["rledit-fuzz"]))
    package.targets += [
        .systemLibrary(name: "CLibFuzzer", path: "scripts/fuzzing/CLibFuzzer"),
        .executableTarget(
            name: "rledit-fuzz", dependencies: ["CLibFuzzer", "RLEditTestSupport"], path: "scripts/fuzzing",
            exclude: ["CLibFuzzer"], swiftSettings: strict,
            // The default linker of some toolchains, gold, does not get through the sanitizer's symbols.
            linkerSettings: [.unsafeFlags(["-use-ld=lld"])]),
    ]
}
