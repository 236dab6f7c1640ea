package import LuaBridge
internal import RLEditCore
internal import RLEditTensor

extension HostModules {
    /// `rledit.schedule`: numbers that vary over a run.
    package static func addSchedule(to host: LuaHost, context: ScriptContext) throws {
        try host.register(ScheduleObject.self) { type in
            type.documentation(
                in: "rledit.schedule",
                """
                A schedule: call it with a progress to get its value. Progress outside 0 … 1 counts as the nearer end.
                """
            )
            type.calling("fun(progress: number): number") { object, call in
                try call.returns(try object.script.schedule(try call.number(1)))
            }
            type.description { $0.script.schedule.description }
        }
        host.addModule("rledit.schedule") { module in
            module.documentation(
                """
                Numbers that vary over a run.

                A schedule is a function of progress, 0 at the beginning and 1 at the end. Wherever a setting may vary
                (learning rate, clip range, entropy coefficient, scale of an edit), a number, one of these, or a Lua
                function of your own is accepted. These print as they were written, and fits that use them are
                remembered; fits that use a Lua function are not.

                ```lua
                local schedule = require "rledit.schedule"
                local rate = schedule.warmup(0.1, schedule.cosine(1e-3, 1e-5))
                print(rate, rate(0), rate(0.5))
                local mine = function(progress) return progress < 0.5 and 1e-3 or 1e-4 end
                ```
                """
            )
            module.types(
                """
                @alias rledit.Rate number|rledit.Schedule|fun(progress: number): number
                """
            )
            module.function(
                "constant",
                """
                Always `value`.
                @param value number
                @return rledit.Schedule
                """
            ) { call in
                try call.atMost(1)
                return try call.returns(.constant(try finiteNumber(call, 1)))
            }
            module.function(
                "linear",
                """
                From `first` to `last` along a straight line.
                @param first number
                @param last number
                @return rledit.Schedule
                """
            ) { call in
                try call.atMost(2)
                return try call.returns(.linear(try finiteNumber(call, 1), try finiteNumber(call, 2)))
            }
            module.function(
                "cosine",
                """
                From `first` to `last` along half a period of the cosine, flat at both ends.
                @param first number
                @param last number
                @return rledit.Schedule
                """
            ) { call in
                try call.atMost(2)
                return try call.returns(.cosine(try finiteNumber(call, 1), try finiteNumber(call, 2)))
            }
            module.function(
                "exponential",
                """
                From `first` to `last` by a constant factor; both must be positive.
                @param first number
                @param last number
                @return rledit.Schedule
                """
            ) { call in
                try call.atMost(2)
                let (start, end) = (try finiteNumber(call, 1), try finiteNumber(call, 2))
                for (number, value) in [(1, start), (2, end)] where value <= 0 {
                    throw call.argumentError(number, "positive number expected, got \(value)")
                }
                return try call.returns(try .exponential(start, end))
            }
            module.function(
                "piecewise",
                """
                Straight lines between points `{progress, value}`; constant before the first and after the last. Two
                points of one progress make a jump.
                @param points { [1]: number, [2]: number }[]
                @return rledit.Schedule
                """
            ) { call in
                try call.atMost(1)
                return try call.returns(try argument(call, 1) { try .piecewise(try points(call)) })
            }
            module.function(
                "warmup",
                """
                Rises from 0 during the first `fraction` of progress to what `rest` begins with; then `rest` runs its
                whole course.
                @param fraction number at least 0 and below 1
                @param rest rledit.Rate
                @return rledit.Schedule
                """
            ) { call in
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
