internal import Foundation
internal import RLEditCore
public import RLEditTensor

/// Trained parameters kept from earlier runs, so that the same fit is not repeated.
///
/// One file per fit in `$XDG_CACHE_HOME/rledit/fits`. Several processes may use it at once: files appear whole, and a
/// damaged or missing one is a miss. When the folder outgrows its cap, the fits used longest ago go.
public struct FitCache: Sendable {
    public let folder: String
    /// Most bytes to keep.
    public let capacity: Int
    /// False with `--no-cache`: every look-up misses, nothing is stored.
    public let isEnabled: Bool

    public static let defaultCapacity = 1 << 30

    public init(folder: String, capacity: Int = FitCache.defaultCapacity, isEnabled: Bool = true) {
        self.folder = folder
        self.capacity = capacity
        self.isEnabled = isEnabled
    }

    /// The user's cache: under `XDG_CACHE_HOME`, else under `~/.cache`. Without either, a disabled one.
    /// - Parameter environment: the variables to look at; nil for the process's own.
    public static func standard(
        environment: [String: String]? = nil, isEnabled: Bool = true
    ) -> FitCache {
        let environment = environment ?? ProcessInfo.processInfo.environment
        // The XDG base directory specification has relative paths ignored.
        if let base = environment["XDG_CACHE_HOME"], base.hasPrefix("/") {
            return FitCache(folder: "\(base)/rledit/fits", isEnabled: isEnabled)
        }
        if let home = environment["HOME"], home.hasPrefix("/") {
            return FitCache(folder: "\(home)/.cache/rledit/fits", isEnabled: isEnabled)
        }
        return FitCache(folder: "", isEnabled: false)
    }

    /// The parameters remembered under a key; nil when there are none that are whole.
    public func load(_ key: String) -> [String: Tensor]? {
        guard isEnabled, let path = path(key), let bytes = try? FileSystem.read(path) else { return nil }
        guard let file = try? GuardedFile(decoding: bytes, .rememberedFit, path: path),
            file.header["key"]?.string == key
        else {
            // What cannot be read once will not be read later.
            try? FileSystem.removeFile(path)
            return nil
        }
        FileSystem.touch(path)
        return file.tensors
    }

    /// Remember parameters, then make room.
    /// - Throws: ``FileError``, which costs only the memory of this fit: report it and go on.
    public func store(_ key: String, _ parameters: [String: Tensor]) throws(FileError) {
        guard isEnabled, let path = path(key) else { return }
        var file = GuardedFile()
        file.header["key"] = .string(key)
        file.tensors = parameters
        let bytes = file.encoded(.rememberedFit)
        guard bytes.count <= capacity else { return }
        try FileSystem.createFolders(folder)
        try AtomicFile.write(bytes, to: path)
        evict(keeping: path)
    }

    /// Keys are digests: anything else could leave the folder.
    private func path(_ key: String) -> String? {
        guard key.utf8.count == 64, key.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
        return "\(folder)/\(key).fit"
    }

    private func evict(keeping newest: String) {
        var entries: [(path: String, size: Int, used: Double)] = []
        let now = Double(time(nil))
        for name in (try? FileSystem.names(in: folder)) ?? [] {
            let path = "\(folder)/\(name)"
            guard let status = FileSystem.status(of: path), !status.isFolder else { continue }
            if name.hasSuffix(".fit") {
                entries.append((path, status.size, status.modified))
            } else if name.hasSuffix(".tmp"), now - status.modified > 86_400 {
                // Left by a process that was killed while it wrote.
                try? FileSystem.removeFile(path)
            }
        }
        var total = entries.reduce(0) { $0 + $1.size }
        for entry in entries.sorted(by: { ($0.used, $0.path) < ($1.used, $1.path) }) where total > capacity {
            if entry.path == newest { continue }
            try? FileSystem.removeFile(entry.path)
            total -= entry.size
        }
    }
}
