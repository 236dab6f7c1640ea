internal import Foundation
internal import LuaBridge
internal import RLEditCore
internal import RLEditData
internal import RLEditRuns

/// Works out from the command line alone which files a sandboxed run may touch, and raises the walls around it.
///
/// The script has not run yet, so the name of the run folder is not known. A folder is therefore made beforehand and takes its
/// name later; a rule of Landlock belongs to the folder, not to its name.
package struct Confinement {
    private var readable: [String]
    private var writable: [String] = []
    private var holders: [String] = []
    private var options: RunOptions

    /// What the program itself reads while it runs: libraries that are loaded late, time zones, the kernel's view of the cores.
    private static let system = [
        "/usr", "/lib", "/lib64", "/etc/localtime", "/etc/timezone", "/etc/ld.so.cache", "/proc/cpuinfo",
        "/proc/meminfo",
        "/proc/self", "/sys/devices/system/cpu", "/sys/fs/cgroup", "/dev/null", "/dev/urandom", "/dev/random",
    ]

    /// - Parameter data: the data folder of the command line or, in its stead, of a resumed run.
    private init(options: RunOptions, data: String?) {
        self.options = options
        readable = Confinement.system
        let locations = DataLocations(dataOption: data, allowedFiles: options.allowedFiles)
        readable += locations.roots + locations.allowedFiles
        let cache = FitCache.standard(isEnabled: options.usesCache)
        if cache.isEnabled {
            // A cache that cannot be made is none: the run goes on without.
            try? FileManager.default.createDirectory(atPath: cache.folder, withIntermediateDirectories: true)
            writable.append(cache.folder)
        }
    }

    /// Confines a run of a script, or of the script in a run folder.
    /// - Parameter resumed: the folder of `--resume`.
    /// - Returns: the options with the active walls and with the folder made for the results.
    /// - Throws: `FileError` or `RunFolderError` when that folder cannot be made.
    package static func ofRun(script: String?, resuming resumed: String?, options: RunOptions) throws -> RunOptions {
        guard !options.isTrusted else { return options }
        let recorded = resumed.flatMap { try? Manifest.read(from: $0).options["data"]?.string }
        var confinement = Confinement(options: options, data: options.data ?? recorded)
        if let script { confinement.allow(script: script) }
        if options.isFollower {
            if let resumed { confinement.readable.append(resumed) }
            try confinement.reserve(TemporaryOutput.newPath())
        } else if let resumed {
            confinement.writable.append(resumed)
        } else {
            try confinement.reserve(options.out)
        }
        return try confinement.raise()
    }

    /// Confines a command that runs a script, perhaps many times, and keeps all that comes of it in one folder.
    /// - Parameters:
    ///   - folder: made when it is missing, and gone again when nothing comes of it. A process that works for process 0
    ///     has a temporary one in its place.
    ///   - housekeeping: what it may hold then.
    package static func ofFolder(
        _ folder: String, housekeeping: [String], script: String, options: RunOptions
    ) throws -> RunOptions {
        // What it is to write into later is opened now.
        PeakMemory.prepare()
        var confinement = Confinement(options: options, data: options.data)
        confinement.allow(script: script)
        if options.isFollower {
            try confinement.reserve(TemporaryOutput.newPath())
        } else {
            try confinement.reserve(folder, housekeeping: housekeeping)
        }
        return options.isTrusted ? confinement.options : try confinement.raise()
    }

    /// Confines a session of typed lines: as a run of a script in the current folder.
    /// - Parameters:
    ///   - script: run first; nil for none.
    ///   - history: the file that keeps the lines, which is there already.
    package static func ofRepl(script: String?, history: String?, options: RunOptions) throws -> RunOptions {
        guard !options.isTrusted else { return options }
        var confinement = Confinement(options: options, data: options.data)
        // `require` looks beside the script, or in the current folder.
        if let script { confinement.allow(script: script) } else { confinement.readable += FilesBeside.all(in: ".") }
        if let history { confinement.writable.append(history) }
        try confinement.reserve(options.out)
        return try confinement.raise()
    }

    /// Confines the trial of a script, whose results go to a temporary folder.
    /// - Parameter script: nil for one that is written into that folder.
    package static func ofTrial(script: String?, options: RunOptions) throws -> RunOptions {
        guard !options.isTrusted else { return options }
        var confinement = Confinement(options: options, data: options.data)
        if let script { confinement.allow(script: script) }
        try? confinement.reserve(TemporaryOutput.newPath())
        return try confinement.raise()
    }

    /// - Parameter folder: nil for one under `runs` that takes its name later. Where that cannot be made there is none: a
    ///   script that saves nothing needs none, and one that saves is told then.
    private mutating func reserve(_ folder: String?, housekeeping: [String] = []) throws {
        let reserved: ReservedFolder
        do { reserved = try ReservedFolder(at: folder, housekeeping: housekeeping) } catch _ where folder == nil {
            return
        }
        // An end that no error can report leaves no empty folder either.
        reserved.removables.forEach(ProcessEnd.remove)
        options.reserved = reserved
        writable.append(reserved.path)
        holders += reserved.holders
    }

    /// The script and the `.lua` files and policies beside it and below, which it may read; not the folder as a whole, where
    /// anything may lie. What a link leads to is what would be read; the script host refuses links that leave the folder.
    private mutating func allow(script: String) {
        readable.append(script)
        readable += FilesBeside.all(besideScript: script)
    }

    /// - Throws: ``MissingWallsError`` when a wall is not there and the options require all.
    private consuming func raise() throws -> RunOptions {
        // No file is longer than all that a run may write, or than all that is remembered.
        let cache = FitCache.standard(isEnabled: options.usesCache)
        let fileBytes = max(options.folderBytes, cache.isEnabled ? cache.capacity : 0)
        let walls = ProcessWalls.raise(
            readable: readable, writable: writable, holders: holders, fileBytes: fileBytes)
        options.walls = walls
        if options.requiresWalls, !walls.missing.isEmpty { throw MissingWallsError(missing: walls.missing) }
        return options
    }
}

/// The kernel lacks a wall of a command that was given `--require-sandbox`.
package struct MissingWallsError: Error, Equatable, CustomStringConvertible {
    /// Each with what the system says of it.
    package let missing: [String]

    package init(missing: [String]) { self.missing = missing }

    package var description: String {
        "this kernel does not confine the whole process (\(missing.joined(separator: "; "))), and --require-sandbox was given: "
            + "run it on a kernel that does (rledit-lua doctor shows what one offers), or without --require-sandbox"
    }
}
