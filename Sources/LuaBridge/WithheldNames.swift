/// Names of Lua's standard library that sandboxed scripts do not have, and what to say to a script that reads one.
enum WithheldNames {
    /// Libraries of which scripts have a part.
    static let libraries = ["os", "debug"]

    private static let globals: Set<String> = ["io", "package", "dofile", "loadfile"]
    private static let members: [String: Set<String>] = [
        "os": ["execute", "exit", "getenv", "remove", "rename", "setlocale", "tmpname"],
        "debug": [
            "debug", "gethook", "getinfo", "getlocal", "getmetatable", "getregistry", "getupvalue", "getuservalue",
            "sethook", "setlocal", "setmetatable", "setupvalue", "setuservalue", "upvalueid", "upvaluejoin",
        ],
    ]

    /// - Parameter library: whose member is read; nil for a global.
    /// - Returns: nil for a name that the standard library does not have either.
    static func reason(for name: String, in library: String?) -> String? {
        if library == nil, name == "arg" {
            return "unknown global 'arg': what follows -- on the command line reaches a script as '...'"
        }
        guard (library.map { members[$0] ?? [] } ?? globals).contains(name) else { return nil }
        let full = library.map { "\($0).\(name)" } ?? name
        return "'\(full)' is not available to sandboxed scripts; --trust runs a script without the sandbox"
    }
}
