internal import CLua
internal import CLuaShims
internal import Glibc
internal import RLEditCore

/// What `require` can find: host modules, and `.lua` files beside the script.
package final class LuaModules {
    /// A file that the script loaded, for the run folder.
    package struct LoadedFile: Sendable, Equatable {
        /// As `require` named it.
        package let name: String
        /// As messages show it.
        package let path: String
        package let bytes: [UInt8]
    }

    /// The folder of the script as the user wrote it ("." for none). Nil: no files are found.
    package var scriptDirectory: String?
    /// Every file that `require` loaded, in order.
    package fileprivate(set) var loadedFiles: [LoadedFile] = []
    /// Gets each file that `require` loads, before it runs; an error it throws is that of `require`.
    package var didLoad: ((LoadedFile) throws -> Void)?

    var builders: [String: (LuaModule) throws -> Void] = [:]
    var built: [String: LuaTable] = [:]
    var building: Set<String> = []

    /// Bytes of a required file, at most.
    static let fileCapacity = 16 << 20

    func forget() {
        didLoad = nil
        builders = [:]
        built = [:]
    }

    /// Host modules by name.
    package var names: [String] { builders.keys.sorted() }

    /// Reads the file for a module name: `a.b` is `a/b.lua` or `a/b/init.lua` beneath the script's folder, which links
    /// must not leave.
    fileprivate func read(_ name: String) throws -> LoadedFile? {
        guard let scriptDirectory, let relative = Self.relativePath(of: name) else { return nil }
        guard let root = Self.resolve(scriptDirectory) else { return nil }
        for candidate in [relative + ".lua", relative + "/init.lua"] {
            guard let path = Self.resolve(scriptDirectory + "/" + candidate) else { continue }
            guard path.hasPrefix(root.hasSuffix("/") ? root : root + "/") else {
                throw LuaUsageError("module '\(name)' leads out of the script's folder")
            }
            let shown = scriptDirectory == "." ? candidate : scriptDirectory + "/" + candidate
            let file = LoadedFile(name: name, path: shown, bytes: try Self.contents(of: path, name: name))
            loadedFiles.append(file)
            try didLoad?(file)
            return file
        }
        return nil
    }

    /// The path of a module name made of letters, digits, `_` and `-` between dots; nil for all others.
    private static func relativePath(of name: String) -> String? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        for part in parts {
            let valid = part.utf8.allSatisfy { byte in
                switch byte {
                case 48...57, 65...90, 97...122, 95, 45: true
                default: false
                }
            }
            guard valid, !part.isEmpty else { return nil }
        }
        return parts.joined(separator: "/")
    }

    private static func resolve(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func contents(of path: String, name: String) throws -> [UInt8] {
        func failure(_ reason: String) -> LuaUsageError { LuaUsageError("cannot read module '\(name)' (\(reason))") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
        defer { Glibc.close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw failure("not a regular file") }
        guard status.st_size <= fileCapacity else { throw failure("larger than \(fileCapacity >> 20) MB") }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= fileCapacity {
            let count = Glibc.read(descriptor, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(String(cString: strerror(errno))) }
            if count == 0 { return bytes }
            bytes += block[..<count]
        }
        throw failure("larger than \(fileCapacity >> 20) MB")
    }
}

extension LuaHost {
    /// For C's `require`: pushes a finished module, or a compiled file and its path. At index 2 is what the script itself has
    /// put into `package.loaded` or `package.preload` for the name, or nil; it comes after host modules and before files.
    func findModule(_ state: OpaquePointer) throws -> LuaResults {
        guard let name = String.luaRead(LuaSlot(host: self, state: state, index: 1)) else { return .none }
        if modules.builders[name] != nil {
            try pushModule(named: name, on: state)
            return LuaResults(count: 1)
        }
        if lua_type(state, 2) != LUA_TNIL { return .none }
        guard let file = try modules.read(name) else {
            if mode == .trusted { return .none }
            let shown = PrintableText.make(name, capacity: 64)
            guard name != "io" else {
                throw LuaUsageError("module 'io' is not available in the sandbox; --trust runs a script without it")
            }
            throw LuaUsageError(
                "module '\(shown)' not found: neither a module of this program nor a file '\(shown).lua' beside the script"
                    + NearestName.suggestion(for: name, among: modules.builders.keys))
        }
        do {
            try load(file.bytes, chunkName: "@" + file.path, on: state)
        } catch let error as LuaError {
            throw LuaError(.syntax, "error loading module '\(name)': \(error.message)")
        }
        luahost_mark_module(state, lua_gettop(state))
        file.path.luaPush(LuaPushContext(host: self, state: state))
        return LuaResults(count: 2)
    }

    /// For C: the error of a main script that reads a global which was never set.
    func unknownGlobal(_ state: OpaquePointer) throws -> LuaResults {
        guard let name = String.luaRead(LuaSlot(host: self, state: state, index: 2)) else { return .none }
        guard name != "arg" else {
            throw LuaUsageError("unknown global 'arg': what follows -- on the command line reaches a script as '...'")
        }
        let known = memberNames(of: [])
        throw LuaUsageError(
            "unknown global '\(PrintableText.make(name, capacity: 64))'"
                + NearestName.suggestion(for: name, among: known))
    }
}
