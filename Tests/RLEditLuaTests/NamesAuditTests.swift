import Foundation
import LuaBridge
import RLEditCore
import RLEditLua
import Testing

/// How what scripts can name is spelt.
@Suite struct NamesAuditTests {
    /// Names by what they belong to: a module (`rledit.tensor`) or a type of objects (`rledit.Tensor`).
    typealias Names = [String: Set<String>]

    @Test("functions and fields are written in snake_case, worlds and learners in CapWords")
    func spelling() throws {
        for (owner, names) in try Self.realNames() {
            for name in names {
                let isWord = name.wholeMatch(of: /[a-z][a-z0-9]*(_[a-z0-9]+)*_?/) != nil
                let isClass = name.wholeMatch(of: /([A-Z]+[a-z0-9]*)+/) != nil
                #expect(isWord || isClass, "\(owner).\(name)")
            }
        }
    }

    @Test("the rule from Swift's names to Lua's keeps abbreviations whole")
    func rule() {
        #expect("learningRate".snakeCased == "learning_rate")
        #expect("targetKL".snakeCased == "target_kl")
        #expect("crossEntropy".snakeCased == "cross_entropy")
        #expect("steps".snakeCased == "steps")
    }

    /// The keys of every module and the members of every registered type, from a host as scripts get it.
    static func realNames() throws -> Names {
        let script = ModuleScript()
        defer { script.remove() }
        return try LuaThread.run {
            try LuaHost.with { host in
                try ModuleScript.addModules(to: host, context: script.context(ModuleScript.Notes()))
                var names: Names = [:]
                for module in host.modules.names {
                    guard case .table(let table) = try host.run("return (require '\(module)')").first else { continue }
                    names[module] = Set(
                        try table.sortedKeys().compactMap { key in
                            if case .string(let name) = key { name.text } else { nil }
                        })
                }
                for type in host.registeredTypes { names[type.name] = Set(type.memberNames) }
                return names
            }
        }
    }
}
