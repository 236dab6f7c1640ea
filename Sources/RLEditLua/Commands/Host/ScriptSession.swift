package import LuaBridge
internal import RLEditTensor

/// One script in a Lua state of its own, with the `rledit` modules: from its text to its task, and as long as the task
/// runs.
///
/// Lua belongs to one thread: make, use and close a session inside of one `LuaThread.run`.
///
///     try LuaThread.run {
///         let session = try ScriptSession(context: context, mode: .sandboxed, limits: LuaLimits())
///         defer { session.close() }
///         guard let task = try session.run(bytes, path: "examples/task.lua") else { return }
///         let run = try task.makeRun(seed: 0, pool: pool)
///         let reason = try run.loop.run()
///         try task.didEnd(run.loop, reason: reason)
///     }
package final class ScriptSession {
    package let host: LuaHost
    package let context: ScriptContext
    /// Whether nothing but the script and its task reads arguments; lines that are typed later may, too.
    var readsArgumentsAlone = true
    /// The task that the script returned.
    private var made: (any RunnableTask)?
    /// What is wrong with a script that made tasks, but neither returned nor used any; nil when all is well.
    package var forgottenTask: String? {
        guard made == nil, !context.madeTasks.isEmpty, !context.madeTasks.contains(where: \.isUsed) else { return nil }
        return "the script made a task but neither returned nor ran it, so nothing was learned: "
            + "write 'return rledit.task { … }'"
    }

    /// Files that the script required, in order, for the manifest.
    package var loadedFiles: [LuaModules.LoadedFile] { host.modules.loadedFiles }

    /// - Parameters:
    ///   - print: gets what the script prints, line ends included. Default: nothing is shown.
    ///   - warn: gets each warning as one line without its end. Default: nothing is shown.
    package init(
        context: ScriptContext, mode: LuaHost.Mode = .sandboxed, limits: LuaLimits = LuaLimits(),
        print: @escaping (UnsafeRawBufferPointer) -> Void = { _ in }, warn: @escaping (String) -> Void = { _ in }
    ) throws {
        self.context = context
        host = try LuaHost(mode: mode, limits: limits)
        host.printSink = print
        host.warningSink = warn
        host.randomSource = { [context] in context.luaRandom.nextWord64() }
        do {
            try HostModules.add(to: host, context: context)
            if let processes = context.pool.processes { try host.shareClocks(among: processes) }
        } catch {
            host.close()
            throw error
        }
    }

    deinit { host.close() }

    /// Ends the state. Tasks of it must not be used any more.
    package func close() {
        made = nil
        host.close()
    }

    /// Runs the text of a script.
    /// - Parameters:
    ///   - path: as the user wrote it; `require` finds `.lua` files in its folder.
    ///   - arguments: what the script sees as `...`.
    /// - Returns: the task, or nil for a script that did its work by itself.
    /// - Throws: `LuaError` with file and line.
    @discardableResult
    package func run(_ source: [UInt8], path: String, arguments: [String] = []) throws -> (any RunnableTask)? {
        useFolder(of: path)
        let results = try host.runMain(source, path: path, arguments: arguments.map { .string($0) })
        do {
            made = try ScriptSession.task(in: results, host: host)
            // A task may still read arguments, in its reward and callbacks.
            let texts = made == nil ? [] : [source] + loadedFiles.map(\.bytes)
            if readsArgumentsAlone { try context.checkArguments(sources: texts.map(ArgumentReader.init)) }
        } catch let error as LuaUsageError {
            throw LuaError(.script, "\(path): \(error.description)", underlying: error)
        } catch let error as UnreadArgumentError {
            throw LuaError(.script, "\(path): \(error.description)", underlying: error)
        }
        if let made, !made.hasOwnName { made.name = ScriptSession.baseName(of: path) }
        return made
    }

    /// Modules and policies are looked for beside the script.
    func useFolder(of path: String) {
        context.scriptFolder = ScriptSession.folder(of: path)
        host.modules.scriptDirectory = ScriptSession.folder(of: path)
    }

    private static func task(in results: [LuaValue], host: LuaHost) throws -> (any RunnableTask)? {
        guard let first = results.first, !first.isNil else { return nil }
        for kind in taskTypes { if let task = try host.read(first, as: kind) { return task } }
        if case .table = first {
            throw LuaUsageError("the script returned a plain table: return rledit.task { … } instead")
        }
        throw LuaUsageError("the script must return a task of rledit.task, or nothing, got \(first.typeName)")
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func baseName(of path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let base = file.hasSuffix(".lua") ? String(file.dropLast(4)) : file
        return base.isEmpty ? "task" : base
    }
}
