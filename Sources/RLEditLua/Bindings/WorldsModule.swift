internal import LuaBridge
internal import RLEditCore
internal import RLEditRuns
internal import RLEditWorlds

extension HostModules {
    /// `rledit.worlds`: what an action may do to weights.
    static func addWorlds(to host: LuaHost) throws {
        try host.register(ScriptWorld.Holder.self) { type in
            type.documentation(in: "rledit.worlds", "A world, as `rledit.MaskWorld` and `rledit.ShiftWorld` make it.")
            type.property("name", "string") { holder, call in try call.returns(holder.world.world.name) }
            type.property("horizon", "integer steps of an episode") { holder, call in
                try call.returns(holder.world.horizon)
            }
            type.property("layers", "string[] the edited layers, in the order of the action") { holder, call in
                try call.returns(holder.world.layers)
            }
            type.description { holder in
                WordList.call(holder.world.world.name, holder.world.settings)
            }
        }
        host.addModule("rledit.worlds") { module in
            module.documentation(
                """
                Worlds: what an action may do to weights.

                An action is a list of numbers in -1 … 1. A low-rank action holds, for each edited layer, the factors
                `B` (`[outputs, rank]`) and `A` (`[rank, inputs]`); a full action holds one number for each weight, an
                action per unit one for each row or column of weights. The edits of an episode's steps accumulate.

                A world of your own is a table: see `rledit.CustomWorld`.

                ```lua
                local worlds = require "rledit.worlds"
                print(worlds.MaskWorld { layer = "fc2", rank = 1 })
                ```
                """
            )
            module.types(EditSettings.annotation)
            module.types(CustomWorld.annotation)
            for world in worlds { module.function(world.name, world.documentation) { try world.make($0) } }
        }
    }

    /// Worlds by their name in `rledit` and in `rledit.worlds`.
    static var worlds: [(name: String, documentation: String, make: (LuaCall) throws -> LuaResults)] {
        [
            (
                "MaskWorld",
                """
                The world in which an action scales weights: `W ← W ⊙ (1 + scale · (B + offset) A / √rank)`. The masks \
                of an episode's steps multiply.
                @param options rledit.MaskWorldOptions
                @return rledit.World
                """,
                maskWorld
            ),
            (
                "ShiftWorld",
                """
                The world in which an action adds to weights: `W ← W + scale · unit · (B + offset) A / √rank`. The \
                shifts of an episode's steps add up.
                @param options rledit.ShiftWorldOptions
                @return rledit.World
                """,
                shiftWorld
            ),
        ]
    }

    private static func maskWorld(_ call: LuaCall) throws -> LuaResults {
        try call.atMost(1)
        let options = try call.options(1, of: "rledit.MaskWorld")
        let place = try WorldPlace(options)
        let defaults = MaskWorld.Configuration()
        let edit = try EditSettings(
            options, layers: place.layers, form: defaults.form, scale: defaults.scale, offset: defaults.offset)
        try options.finish()
        var configuration = defaults
        configuration.form = edit.form
        configuration.scale = edit.scale
        configuration.offset = edit.offset
        configuration.sparsity = edit.sparsity
        configuration.bias = edit.bias
        configuration.rows = edit.rows
        return try call.returns(
            ScriptWorld(
                world: MaskWorld(configuration), layers: place.layers, horizon: place.horizon,
                settings: place.settings(edit.shown)))
    }

    private static func shiftWorld(_ call: LuaCall) throws -> LuaResults {
        try call.atMost(1)
        let options = try call.options(1, of: "rledit.ShiftWorld")
        let place = try WorldPlace(options)
        let defaults = ShiftWorld.Configuration()
        let edit = try EditSettings(
            options, layers: place.layers, form: defaults.form, scale: defaults.scale, offset: defaults.offset)
        var configuration = defaults
        if let unit = try options.word("unit", among: ShiftWorld.Unit.words) { configuration.unit = unit }
        try options.finish()
        configuration.form = edit.form
        configuration.scale = edit.scale
        configuration.offset = edit.offset
        configuration.sparsity = edit.sparsity
        configuration.bias = edit.bias
        configuration.rows = edit.rows
        var settings = edit.shown
        settings["unit"] = ShiftWorld.Unit.words.first { $0.value == configuration.unit }.map { .string($0.word) }
        return try call.returns(
            ScriptWorld(
                world: ShiftWorld(configuration), layers: place.layers, horizon: place.horizon,
                settings: place.settings(settings)))
    }
}

extension ShiftWorld.Unit {
    /// As scripts name them.
    static let words: [(word: String, value: ShiftWorld.Unit)] = [
        ("rms", .rootMeanSquare), ("relative", .relativeNorm), ("absolute", .absolute),
    ]
}
