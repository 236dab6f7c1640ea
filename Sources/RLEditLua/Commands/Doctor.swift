internal import Foundation
internal import LuaBridge
package import RLEditCore
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

/// What this program runs on: `rledit-lua doctor`. The shape of ``json`` is documented in `docs/command-line.md`.
package struct Doctor {
    /// A folder in which data files are looked for.
    struct DataRoot {
        let path: String
        let exists: Bool
        /// What is there of MNIST, in words.
        let mnist: String
        let isDamaged: Bool
    }

    private let roots: [DataRoot]
    private let cache: FitCache
    private let cacheFiles: Int
    private let cacheBytes: Int

    /// What the kernel offers to confine a run, in addition to the script host's own library and limits.
    private let walls = ProcessWalls.offered()

    /// Looks at the data roots, reading what MNIST is there, and at the cache.
    /// - Parameter data: the folder of `--data`.
    package init(data: String? = nil) {
        roots = DataLocations(dataOption: data).roots.map(Doctor.look)
        cache = FitCache.standard()
        let sizes = Doctor.sizes(ofFilesIn: cache.folder)
        cacheFiles = sizes.count
        cacheBytes = sizes.reduce(0, +)
    }

    /// Whether something is there that a run would stumble over.
    package var hasFault: Bool { roots.contains(where: \.isDamaged) }

    private static func look(at root: String) -> DataRoot {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: root, isDirectory: &isFolder), isFolder.boolValue else {
            return DataRoot(path: root, exists: false, mnist: "none", isDamaged: false)
        }
        do {
            for folder in ["\(root)/mnist", root] {
                guard let found = try Digits.mnist(folder: folder) else { continue }
                let counts = "\(NumberText.grouped(found.train.count)) + \(NumberText.grouped(found.test.count)) images"
                return DataRoot(path: root, exists: true, mnist: counts, isDamaged: false)
            }
            return DataRoot(path: root, exists: true, mnist: "none", isDamaged: false)
        } catch {
            return DataRoot(path: root, exists: true, mnist: "\(error)", isDamaged: true)
        }
    }

    private static func sizes(ofFilesIn folder: String) -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".fit") }.compactMap { name in
            try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.size] as? Int
        }
    }

    private static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

    private static var architecture: String {
        #if arch(x86_64)
        "x86_64"
        #elseif arch(arm64)
        "aarch64"
        #else
        "other"
        #endif
    }

    // MARK: - Shown

    package var json: JSONValue {
        let kernels = NumericKernels.current
        let roots: [JSONValue] = roots.map { root in
            ["path": .string(root.path), "exists": .bool(root.exists), "mnist": .string(root.mnist)]
        }
        return [
            "versions": [
                "rledit": .string(ProductVersion.current.description), "lua": .string(LuaHost.luaVersion),
                "library": .string(kernels.library),
            ],
            "numeric_kernels": [
                "library": .string(kernels.libraryInstructionSet), "loops": .string(kernels.loopInstructionSet),
            ],
            "architecture": .string(Doctor.architecture), "cores": .integer(Doctor.cores), "data": .array(roots),
            "cache": [
                "path": .string(cache.folder), "enabled": .bool(cache.isEnabled), "fits": .integer(cacheFiles),
                "bytes": .integer(cacheBytes), "capacity": .integer(cache.capacity),
            ],
            "walls": [
                "library": true, "limits": true, "landlock": .bool(walls.landlock != nil),
                "landlock_abi": walls.landlock.map(JSONValue.integer) ?? .null, "seccomp": .bool(walls.hasSeccomp),
                "missing": .array(walls.missing.map(JSONValue.string)),
            ],
        ]
    }

    /// For a person; paths last in their lines.
    package var text: String {
        func row(_ title: String, _ value: String) -> String {
            title + String(repeating: " ", count: max(1, 10 - title.count)) + value
        }
        let kernels = NumericKernels.current
        var lines = [
            row("rledit", "\(ProductVersion.current)"), row("lua", LuaHost.luaVersion),
            row("kernels", kernels.description), row("cores", "\(Doctor.cores) (\(Doctor.architecture))"),
        ]
        for root in roots {
            lines.append(row("data", "\(root.path): \(root.exists ? "mnist: \(root.mnist)" : "not there")"))
        }
        if !roots.contains(where: { $0.exists && !$0.isDamaged && $0.mnist != "none" }) {
            lines.append(
                row("", "without MNIST, rledit.data.digits() gives generated digits; scripts/fetch-data fetches it"))
        }
        let megabytes = NumberText.fixed(Double(cacheBytes) / 1e6, digits: 1)
        lines.append(
            row(
                "cache",
                cache.isEnabled
                    ? "\(cacheFiles) remembered fit\(cacheFiles == 1 ? "" : "s"), \(megabytes) MB of "
                        + "\(NumberText.grouped(cache.capacity / 1_000_000)): \(cache.folder)"
                    : "off: neither XDG_CACHE_HOME nor HOME is set"))
        lines.append(row("sandbox", (["library", "limits"] + walls.names).joined(separator: ", ")))
        if !walls.missing.isEmpty { lines.append(row("", "not there: \(walls.missing.joined(separator: "; "))")) }
        return lines.joined(separator: "\n")
    }
}
