internal import LuaBridge
internal import RLEditTensor

extension LuaHost {
    /// Lets the script read the clocks of process 0, so that it does the same in all.
    func shareClocks(among processes: ProcessGroup) throws {
        let first = try makeFunction("clock") { call in
            let own = try call.number(1)
            guard processes.isTogether else { return try call.returns(own) }
            return try call.returns(Double(bitPattern: try processes.first(own.bitPattern, for: .clock)))
        }
        _ = try run(
            """
            local first = ...
            local clock, date, time = os.clock, os.date, os.time
            local function now() return first(time()) // 1 | 0 end
            function os.clock() return first(clock()) end
            function os.date(format, at) return date(format, at or now()) end
            function os.time(fields) if fields then return time(fields) end return now() end
            """, name: "clocks", arguments: [.function(first)])
    }
}
