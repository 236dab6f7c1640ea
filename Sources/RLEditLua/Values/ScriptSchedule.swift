package import LuaBridge
package import RLEditCore
internal import RLEditTensor

/// A setting that may vary over a run, as scripts give it: a number, a schedule of `rledit.schedule`, or a function of
/// progress (0 … 1) that returns a number.
///
///     let rate = try options.optional("learning_rate", as: ScriptSchedule.self)?.schedule ?? .constant(3e-4)
package struct ScriptSchedule {
    package let schedule: Schedule
    /// True when evaluating it runs Lua code: then its description does not say what it computes.
    package let callsScript: Bool

    package init(_ schedule: Schedule, callsScript: Bool = false) {
        self.schedule = schedule
        self.callsScript = callsScript
    }
}

extension ScriptSchedule: LuaReadable {
    package static var luaExpected: String { "number or function of progress" }

    package static func luaRead(_ slot: LuaSlot) throws -> ScriptSchedule? {
        if let value = Double.luaRead(slot) {
            guard value.isFinite else { throw LuaMismatch("finite number expected, got \(ScriptNumber.text(value))") }
            return ScriptSchedule(.constant(value))
        }
        if let object = try ScheduleObject.luaRead(slot) { return object.script }
        return LuaFunction.luaRead(slot).map(ScriptSchedule.init(calling:))
    }

    /// The schedule that asks a function of the script's.
    private init(calling function: LuaFunction) {
        let schedule = Schedule(description: "function") { progress in
            let value: Double
            do {
                value = try function.callNumber(progress)
            } catch let mismatch as LuaMismatch {
                throw LuaUsageError("schedule function at progress \(progress): \(mismatch.description)")
            }
            guard value.isFinite else {
                throw LuaUsageError(
                    "schedule function at progress \(progress): finite number expected, got "
                        + ScriptNumber.text(value))
            }
            return value
        }
        self.init(schedule, callsScript: true)
    }
}

/// What `rledit.schedule` returns to scripts: called like a function, printed as it was written.
package struct ScheduleObject: LuaBound {
    package static var luaName: String { "rledit.Schedule" }
    package let script: ScriptSchedule
}
