package import LuaBridge

/// The `rledit` modules. Each lives in a file of its own as an extension that adds one module to a host.
package enum HostModules {
    /// Adds every module. `require "rledit"` then gives the table that holds the others.
    package static func add(to host: LuaHost, context: ScriptContext) throws {
        try addTensor(to: host, context: context)
        try addNN(to: host, context: context)
        try addModels(to: host, context: context)
        try addData(to: host, context: context)
        try addMetrics(to: host, context: context)
        try addSchedule(to: host, context: context)
        try addWorlds(to: host)
        try addLearners(to: host)
        try addBaselines(to: host, context: context)
        try addTask(to: host, context: context)
        try addTransfer(to: host, context: context)
        try addEnvironment(to: host)
        try addRun(to: host, context: context)
        // Last: it holds all others.
        try addRoot(to: host, context: context)
    }
}
