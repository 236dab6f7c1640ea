package import LuaBridge

/// The `rledit` modules. Each lives in a file of its own as an extension that adds one module to a host.
package enum HostModules {
    /// Adds every module. `require "rledit"` then gives the table that holds the others.
    package static func add(to host: LuaHost, context: ScriptContext) throws {}
}

/// The one rule from Swift's names to Lua's: `learningRate` → `learning_rate`, `targetKL` → `target_kl`. Types keep their
/// CapWords. A test holds every bound name to it.
package enum LuaName {
    package static func snakeCase(_ name: String) -> String {
        var result = ""
        let letters = Array(name)
        for (index, letter) in letters.enumerated() {
            if letter.isUppercase, index > 0 {
                let afterLower = !letters[index - 1].isUppercase
                let beforeLower = index + 1 < letters.count && letters[index + 1].isLowercase
                if afterLower || beforeLower { result.append("_") }
            }
            result.append(contentsOf: letter.lowercased())
        }
        return result
    }
}
