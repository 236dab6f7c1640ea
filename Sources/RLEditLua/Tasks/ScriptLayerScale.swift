internal import LuaBridge
internal import RLEditCore

/// A scale as scripts write it: one for all layers, a list in the order of the layers, or a table by their names.
struct ScriptLayerScale: LuaReadable {
    let scale: LayerScale

    static var luaExpected: String { "number, function of progress, or a table of them by layer" }

    static func luaRead(_ slot: LuaSlot) throws -> ScriptLayerScale? {
        if let schedule = try ScriptSchedule.luaRead(slot) {
            return ScriptLayerScale(scale: LayerScale(schedule.schedule))
        }
        guard let table = LuaTable.luaRead(slot) else { return nil }
        let keys = try table.sortedKeys()
        guard !keys.isEmpty else { throw LuaMismatch("\(luaExpected) expected, got an empty table") }
        if case .integer = keys[0] {
            return ScriptLayerScale(
                scale: .ordered(try table.array(of: ScriptSchedule.self, limit: 4096).map(\.schedule)))
        }
        let schedules = try keys.map { key -> (layer: String, schedule: Schedule) in
            guard case .string(let name) = key else {
                throw LuaMismatch("names of layers expected as keys, got a \(key.typeName)")
            }
            guard let schedule = try table.get(name.text, as: ScriptSchedule.self) else {
                throw LuaMismatch("\(ScriptSchedule.luaExpected) expected for layer '\(name.text)'")
            }
            return (name.text, schedule.schedule)
        }
        return ScriptLayerScale(scale: .named(schedules))
    }
}
