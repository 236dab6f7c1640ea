internal import CSandbox
internal import Glibc

/// The walls that the kernel puts around the whole process, in addition to those of the script host: Landlock for files, a seccomp
/// filter for programs, processes and sockets. docs/security.md says what they promise.
package struct ProcessWalls: Sendable, Equatable {
    /// Version of Landlock's interface; nil when it is not active.
    package private(set) var landlock: Int?
    package private(set) var hasSeccomp = false
    /// Why a wall is not there, a clause each.
    package private(set) var missing: [String] = []

    private init() {}

    /// What the kernel offers; nothing is confined.
    package static func offered() -> ProcessWalls {
        var walls = ProcessWalls()
        let abi = Int(csandbox_landlock_abi())
        walls.note(landlock: abi > 0 ? abi : nil, reason: abi > 0 ? 0 : ENOSYS)
        walls.note(seccomp: csandbox_seccomp_available())
        return walls
    }

    /// Confines the calling thread and all that it starts later, for ever: to be called before any other thread exists.
    /// - Parameters:
    ///   - readable: files and folders that may be read.
    ///   - writable: files and folders that may be written.
    ///   - holders: folders in which empty folders may be made, renamed and removed.
    ///   - fileBytes: how long a file may become; nil for no limit.
    /// - Returns: the active walls; a kernel that lacks a wall, or a container that refuses it, costs that wall only.
    package static func raise(readable: [String], writable: [String], holders: [String], fileBytes: Int? = nil)
        -> ProcessWalls
    {
        var walls = ProcessWalls()
        _ = csandbox_no_core_files()
        if let fileBytes { _ = csandbox_limit_file_size(UInt64(max(fileBytes, 0))) }
        let paths =
            readable.map { ($0, CSANDBOX_READ) } + writable.map { ($0, CSANDBOX_WRITE) }
            + holders.map { ($0, CSANDBOX_FOLDERS) }
        var rules: [csandbox_rule] = []
        for (path, access) in paths {
            // The rule borrows the name: freed below, after the call that reads it.
            guard let name = strdup(path) else { continue }
            rules.append(csandbox_rule(path: UnsafePointer(name), access: Int32(access)))
        }
        let status = rules.withUnsafeBufferPointer { csandbox_landlock($0.baseAddress, $0.count) }
        for rule in rules { free(UnsafeMutablePointer(mutating: rule.path)) }
        walls.note(landlock: status == 0 ? Int(csandbox_landlock_abi()) : nil, reason: status)
        walls.note(seccomp: csandbox_seccomp())
        return walls
    }

    private mutating func note(landlock abi: Int?, reason: Int32) {
        landlock = abi
        if abi == nil { missing.append("landlock: \(String(cString: strerror(reason)))") }
    }

    private mutating func note(seccomp status: Int32) {
        hasSeccomp = status == 0
        if status != 0 { missing.append("seccomp: \(String(cString: strerror(status)))") }
    }

    /// As manifests name them.
    package var names: [String] {
        (landlock.map { ["landlock (ABI \($0))"] } ?? []) + (hasSeccomp ? ["seccomp"] : [])
    }

    /// One line for the person when a wall is not there; nil when all are active.
    package var warning: String? {
        guard !missing.isEmpty else { return nil }
        return
            "note: this kernel does not confine the whole process (\(missing.joined(separator: "; "))); the script is "
            + "held by its library and its limits"
    }
}
