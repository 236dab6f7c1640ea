import Foundation
import LuaBridge
import RLEditLua
import RLEditNN
import RLEditRuns
import RLEditTensor
import RLEditWorlds
import Testing

/// What holds for every function that scripts can call: each is tried by the call of ``BoundCalls``, so that a new one is tried, too.
@Suite("Every bound function")
struct BoundFunctionTests {
    /// Owners of names: modules and types.
    static let owners = BoundCalls.places.keys.sorted()

    @Test("the table of calls names what is there, and each call works")
    func table() throws {
        let real = try NamesAuditTests.realNames()
        #expect(Set(real.keys) == Set(BoundCalls.places.keys))
        for (owner, names) in real.sorted(by: { $0.key < $1.key }) {
            try BoundPlace.with { host in
                for name in names.sorted() {
                    let failure = BoundPlace.failure(of: owner, name, in: host)
                    #expect(failure == nil, "\(owner).\(name): \(failure ?? "")")
                }
            }
        }
    }

    /// Lua's allocations fail one after the other, each in a process of its own that is forked with everything in place. The
    /// process must end with one line and the limit's exit code, wherever it happens.
    @Test("memory that ends at any allocation gives one line and the limit's exit code", arguments: owners)
    func allocations(owner: String) async {
        let report = BoundReport()
        let path = report.path
        defer { report.remove() }
        await #expect(processExitsWith: .exitCode(0)) { [owner, path = path as String] in
            let report = BoundReport(path)
            let names = try NamesAuditTests.realNames()[owner] ?? []
            report.whileDoing("the setting") {
                try BoundPlace.with { host in
                    for name in names.sorted() {
                        guard let call = BoundCalls.call(owner, name) else { exit(2) }
                        let function = try BoundPlace.compile(call, in: host)
                        if let fault = AllocationSweep.fault(host: host, { try function.call() }) {
                            report.text = "\(call): \(fault)"
                            exit(3)
                        }
                    }
                }
            }
            exit(0)
        }
        #expect(report.text == "")
    }

    /// Errors and results are fine; traps, signals and limits are not.
    @Test("wrong selves and absurd arguments end in a result or an error", arguments: owners)
    func absurd(owner: String) async {
        let report = BoundReport()
        let path = report.path
        defer { report.remove() }
        await #expect(processExitsWith: .exitCode(0)) { [owner, path = path as String] in
            let report = BoundReport(path)
            let names = try NamesAuditTests.realNames()[owner] ?? []
            var limits = LuaLimits()
            limits.mainChunkSeconds = 60
            limits.callbackSeconds = 60
            report.whileDoing("the setting") {
                try BoundPlace.with(limits: limits) { host in
                    for name in names.sorted() {
                        report.text = "\(owner).\(name)"
                        guard let place = BoundCalls.places[owner] else { exit(2) }
                        let text =
                            absurdUses.replacing("NAME", with: name)
                            + "local _ = " + BoundCalls.evaluating(place, "use(\(place))")
                        try BoundPlace.compile(text, in: host, absurd: true).call()
                    }
                    report.text = ""
                }
            }
            exit(0)
        }
        #expect(report.text == "")
    }
}

/// Uses a member in every wrong way, and its owner, too.
private let absurdUses = """
    local name = 'NAME'
    local function call(f, self)
      for _, a in ipairs(absurd) do
        pcall(f, a)
        if self ~= nil then pcall(f, self, a) end
        for _, b in ipairs(absurd) do
          if self ~= nil then pcall(f, self, a, b) else pcall(f, a, b) end
        end
      end
      pcall(f) pcall(f, nil, nil, nil) pcall(f, table.unpack(absurd))
    end
    local function use(place)
      local there, f = pcall(function() return place[name] end)
      if there and type(f) == 'function' then call(f, type(place) == 'userdata' and place or nil) end
      for _, a in ipairs(absurd) do
        pcall(function() place[a] = name end) pcall(function() place[name] = a end) pcall(function() return place[a] end)
        pcall(function() return place + a end) pcall(function() return a .. place end) pcall(function() return place < a end)
        pcall(function() return #place + -place end) pcall(function() return place(a) end) pcall(function() return place == a end)
      end
      pcall(tostring, place)
    end

    """

/// What a process of its own was about, in a file that outlives it.
struct BoundReport: Sendable {
    let path: String

    init(_ path: String? = nil) {
        self.path = path ?? NSTemporaryDirectory() + "rledit-bound-\(UUID().uuidString)"
    }

    var text: String {
        get { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
        nonmutating set { try? Data(newValue.utf8).write(to: URL(fileURLWithPath: path)) }
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Ends the process with the error, if there is one.
    func whileDoing(_ what: String, _ body: () throws -> Void) {
        do { try body() } catch {
            text += " (\(what)): \(error)"
            exit(4)
        }
    }
}

/// A host with every module and the objects of ``BoundCalls``, in a folder of its own.
enum BoundPlace {
    static func with(limits: LuaLimits = LuaLimits(), _ body: @escaping @Sendable (LuaHost) throws -> Void) throws {
        let script = ModuleScript()
        defer { script.remove() }
        for (name, bytes) in try BoundCalls.dataFiles() {
            let file = URL(fileURLWithPath: "\(script.folder)/data/\(name)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
        }
        try writeModel(to: "\(script.folder)/data")
        try LuaThread.run {
            var quiet = script
            quiet.workers = 1
            let context = quiet.context(ModuleScript.Notes())
            // What is saved can be loaded again.
            context.outputFolder = { "\(script.folder)/data" }
            try LuaHost.with(limits: limits) { host in
                try ModuleScript.addModules(to: host, context: context)
                try body(host)
            }
        }
    }

    /// `base.safetensors`, and `delta.safetensors`, an edit of it.
    private static func writeModel(to folder: String) throws {
        let base = try Network(
            inputShape: [2], layers: [("fc1", Linear(2, 3)), ("act1", Activation.relu), ("fc2", Linear(3, 2))],
            random: RandomStream(seed: 1))
        try base.safetensors().write(to: "\(folder)/base.safetensors")
        guard let original = base.parameter("fc1.weight") else { return }
        let change = Delta.Change.shift(
            left: try Tensor([1, 2, 3], shape: [3, 1]), right: try Tensor([1, 2], shape: [1, 2]))
        try Delta(
            world: "ShiftWorld",
            layers: [Delta.Layer(name: "fc1", parameter: "fc1.weight", change: change, original: original)]
        ).write(to: "\(folder)/delta.safetensors")
    }

    /// A function that makes the call, with the objects of the setting as its upvalues.
    static func compile(_ call: String, in host: LuaHost, absurd: Bool = false) throws -> LuaFunction {
        let values = """
            local absurd = { 0, -1, 1, 2, 0.5, math.maxinteger, math.mininteger, 2^53, 2^63, 1e300, -1e300, 0/0, math.huge, "", "x", "fc1",
              "forget", {}, { 1 }, { -1 }, { 0/0 }, { math.maxinteger }, { {} }, { x = 1 }, print, true, false, coroutine.create(print), t,
              set, model, task, env, world, function() error {} end, setmetatable({}, { __index = error, __len = error }) }

            """
        let body = absurd ? call : "return \(call)"
        let text = BoundCalls.setting + (absurd ? values : "") + "return function() \(body) end"
        guard case .function(let function) = try host.run(text, name: "calls").first else {
            throw LuaUsageError("no function")
        }
        return function
    }

    /// What is wrong with a call; nil when it works.
    static func failure(of owner: String, _ name: String, in host: LuaHost) -> String? {
        guard let call = BoundCalls.call(owner, name) else { return "\(owner) is missing in BoundCalls" }
        do {
            let results = try compile(call, in: host).call()
            if case .function = results.first, call.hasSuffix(".\(name)") {
                return "BoundCalls has no call of this function"
            }
            return nil
        } catch {
            return "\(call): \(error)"
        }
    }
}

/// Fails each allocation of Lua in turn, in forked processes.
enum AllocationSweep {
    /// Allocations of one call that are worth a process each. Of those after them, one in 97 is tried: they repeat what came
    /// before, as the layers of an architecture do.
    private static let most = 600
    private static let limit = 100_000
    private static let ending = "out of memory: a block of "

    /// - Returns: what went wrong; nil when every allocation that failed ended as it should.
    static func fault(host: LuaHost, _ body: () throws -> Void) -> String? {
        // Swift hides it, for what it does in a process of several threads; the child here only runs Lua and ends.
        typealias Fork = @convention(c) () -> Int32
        guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "fork") else { return "no fork" }
        let fork = unsafeBitCast(symbol, to: Fork.self)
        var count = 0
        while count < limit {
            defer { count += count < most ? 1 : 97 }
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { return "no pipe" }
            let child = fork()
            if child == 0 {
                dup2(ends[1], 2)
                host.failAllocation(after: count)
                let isDone = (try? body()) != nil
                _exit(isDone ? 0 : 7)
            }
            close(ends[1])
            var said: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            while case let length = read(ends[0], &buffer, buffer.count), length > 0 { said += buffer[..<length] }
            close(ends[0])
            var status: Int32 = 0
            guard child > 0, waitpid(child, &status, 0) == child else { return "no child" }
            if status == 0 { return nil }
            let text = String(decoding: said, as: UTF8.self)
            // Exit code 3 in the second byte, no signal in the first.
            guard status == 3 << 8, text.split(separator: "\n").count == 1, text.contains(ending) else {
                return "allocation \(count) ended with status \(status) and '\(text)'"
            }
        }
        return "more than \(limit) allocations"
    }
}
