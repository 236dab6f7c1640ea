internal import LuaBridge
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

extension HostModules {
    /// `rledit.worlds`: what an action may do to weights.
    static func addWorlds(to host: LuaHost) throws {
        try host.register(ScriptWorld.Holder.self) { type in
            type.property("name") { holder, call in try call.returns(holder.world.world.name) }
            type.property("horizon") { holder, call in try call.returns(holder.world.horizon) }
            type.property("layers") { holder, call in try call.returns(holder.world.layers) }
            type.description { holder in
                WordList.call(holder.world.world.name, holder.world.settings)
            }
        }
        host.addModule("rledit.worlds") { module in
            for (name, make) in worlds { module.function(name) { try make($0) } }
        }
    }

    /// Worlds by the name that stands in `rledit` and in `rledit.worlds`.
    static var worlds: [(name: String, make: (LuaCall) throws -> LuaResults)] {
        [("MaskWorld", maskWorld), ("ShiftWorld", shiftWorld)]
    }

    private static func maskWorld(_ call: LuaCall) throws -> LuaResults {
        try call.atMost(1)
        let options = try call.options(1, of: "rledit.MaskWorld")
        let place = try WorldPlace(options)
        var configuration = MaskWorld.Configuration()
        configuration.form = try actionForm(options)
        if let scale = try options.optional("scale", as: ScriptSchedule.self) { configuration.scale = scale.schedule }
        configuration.offset = try offset(options, default: configuration.offset)
        try options.finish()
        let world = ScriptWorld(
            world: MaskWorld(configuration), layers: place.layers, horizon: place.horizon,
            settings: place.settings(
                shown(
                    configuration.form, configuration.scale,
                    configuration.offset)))
        return try call.returns(world)
    }

    private static func shiftWorld(_ call: LuaCall) throws -> LuaResults {
        try call.atMost(1)
        let options = try call.options(1, of: "rledit.ShiftWorld")
        let place = try WorldPlace(options)
        var configuration = ShiftWorld.Configuration()
        configuration.form = try actionForm(options)
        if let scale = try options.optional("scale", as: ScriptSchedule.self) { configuration.scale = scale.schedule }
        if let unit = try options.word("unit", among: ShiftWorld.Unit.words) { configuration.unit = unit }
        configuration.offset = try offset(options, default: configuration.offset)
        try options.finish()
        var settings = shown(
            configuration.form, configuration.scale, configuration.offset)
        settings["unit"] = ShiftWorld.Unit.words.first { $0.value == configuration.unit }.map { .string($0.word) }
        let world = ScriptWorld(
            world: ShiftWorld(configuration), layers: place.layers, horizon: place.horizon,
            settings: place.settings(settings))
        return try call.returns(world)
    }

    /// `rank = 4`, or `full = true`; rank 1 when nothing is said.
    private static func actionForm(_ options: LuaOptions) throws -> ActionForm {
        let rank = try options.optional("rank", as: Int.self)
        let isFull = try options.optional("full", as: Bool.self) ?? false
        guard isFull else {
            let defaultForm = MaskWorld.Configuration().form
            guard let rank else { return defaultForm }
            guard rank >= 1 else { throw options.fieldError("rank", "must be at least 1, got \(rank)") }
            return .lowRank(rank: rank)
        }
        guard rank == nil else { throw options.fieldError("rank", "a full action has no rank") }
        return .full
    }

    /// A number in 0 … 1, or false for 0.
    private static func offset(_ options: LuaOptions, default standard: Double) throws -> Double {
        guard let given = try options.switchable("offset", as: Double.self) else { return standard }
        let offset = given ?? 0
        guard (0...1).contains(offset) else { throw options.fieldError("offset", "must be in 0 … 1, got \(offset)") }
        return offset
    }

    private static func shown(_ form: ActionForm, _ scale: Schedule, _ offset: Double) -> JSONObject {
        var settings = JSONObject()
        switch form {
        case .lowRank(let rank): settings["rank"] = .integer(rank)
        case .full: settings["full"] = .bool(true)
        }
        settings["scale"] = scale.json
        if form != .full { settings["offset"] = .number(offset) }
        return settings
    }
}

extension ShiftWorld.Unit {
    /// As scripts name them.
    static let words: [(word: String, value: ShiftWorld.Unit)] = [
        ("rms", .rootMeanSquare), ("relative", .relativeNorm), ("absolute", .absolute),
    ]
}
