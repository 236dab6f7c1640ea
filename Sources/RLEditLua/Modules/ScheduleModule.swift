package import LuaBridge
internal import RLEditCore
internal import RLEditTensor

extension HostModules {
    /// `rledit.schedule`: numbers that vary over a run.
    package static func addSchedule(to host: LuaHost, context: ScriptContext) throws {
        try host.register(ScheduleObject.self) { type in
            type.calling { object, call in
                try call.returns(try object.script.schedule(try call.number(1)))
            }
            type.description { $0.script.schedule.description }
        }
        host.addModule("rledit.schedule") { module in
            module.function("constant") { call in
                try call.atMost(1)
                return try call.returns(.constant(try finiteNumber(call, 1)))
            }
            module.function("linear") { call in
                try call.atMost(2)
                return try call.returns(.linear(try finiteNumber(call, 1), try finiteNumber(call, 2)))
            }
            module.function("cosine") { call in
                try call.atMost(2)
                return try call.returns(.cosine(try finiteNumber(call, 1), try finiteNumber(call, 2)))
            }
            module.function("exponential") { call in
                try call.atMost(2)
                let (start, end) = (try finiteNumber(call, 1), try finiteNumber(call, 2))
                for (number, value) in [(1, start), (2, end)] where value <= 0 {
                    throw call.argumentError(number, "positive number expected, got \(value)")
                }
                return try call.returns(try .exponential(start, end))
            }
            module.function("piecewise") { call in
                try call.atMost(1)
                return try call.returns(try argument(call, 1) { try .piecewise(try points(call)) })
            }
            module.function("warmup") { call in
                try call.atMost(2)
                let fraction = try finiteNumber(call, 1)
                let rest = try call.argument(2, as: ScriptSchedule.self)
                let schedule = try argument(call, 1) { try Schedule.warmup(fraction, then: rest.schedule) }
                return try call.returns(ScheduleObject(script: ScriptSchedule(schedule, callsScript: rest.callsScript)))
            }
        }
    }

    /// `{ {progress, value}, … }`.
    private static func points(_ call: LuaCall) throws -> [(progress: Double, value: Double)] {
        try call.table(1).array(of: LuaTable.self, limit: 1 << 16).enumerated().map { index, point in
            let pair = try point.array(of: Double.self, limit: 3)
            guard pair.count == 2 else {
                throw call.argumentError(1, "point \(index + 1) must be {progress, value}")
            }
            return (pair[0], pair[1])
        }
    }

    /// Says of a setting that Swift refused which argument it was.
    private static func argument<Result>(
        _ call: LuaCall, _ number: Int, _ body: () throws -> Result
    ) throws -> Result {
        do { return try body() } catch let error as ConfigurationError {
            throw call.argumentError(number, "\(error.field) \(error.message)")
        }
    }

    /// A number that is neither NaN nor infinite.
    static func finiteNumber(_ call: LuaCall, _ number: Int) throws -> Double {
        let value = try call.number(number)
        guard value.isFinite else {
            throw call.argumentError(number, "finite number expected, got \(ScriptNumber.text(value))")
        }
        return value
    }
}

extension LuaCall {
    fileprivate func returns(_ schedule: Schedule) throws -> LuaResults {
        try returns(ScheduleObject(script: ScriptSchedule(schedule)))
    }
}
