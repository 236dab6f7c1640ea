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
            module.types(
                """
                A number or schedule for all edited layers, a list of them in the order of the layers, or a table of them by
                layer name.
                @alias rledit.LayerRate rledit.Rate|rledit.Rate[]|table<string, rledit.Rate>
                """
            )
            module.types(CustomWorld.annotation)
            for world in Worlds.all {
                module.types(optionsAnnotation(of: world))
                module.function(world.name, documentation(of: world), constructor(of: world))
            }
        }
    }

    /// What `rledit.MaskWorld` and `rledit.worlds.MaskWorld` do.
    static func constructor<Made: CatalogueWorld>(of world: Made.Type) -> (LuaCall) throws -> LuaResults {
        { call in
            try call.atMost(1)
            let options = try call.options(1, of: "rledit.\(Made.name)")
            let place = try WorldPlace(options)
            var configuration = Made.Configuration()
            try configuration.read(options)
            try options.finish()
            if configuration.rows != nil, place.layers.count > 1 {
                throw options.fieldError("rows", "edit one layer alone to choose rows of it")
            }
            try options.blamingFields {
                try configuration.validate(owner: Made.name)
                let schedules = try configuration.scale.schedules(for: place.layers, owner: options.owner)
                configuration.scale = .ordered(schedules)
            }
            // Settings whose place another one takes, and switches that are off, are not part of what a world is.
            let settings = configuration.json.members.filter { ![.null, .bool(false)].contains($0.value) }
            return try call.returns(
                ScriptWorld(
                    world: Made(configuration), layers: place.layers, horizon: place.horizon,
                    settings: place.settings(JSONObject(uniqueMembers: settings))))
        }
    }

    static func documentation(of world: any CatalogueWorld.Type) -> String {
        """
        \(world.documentation)
        @param options rledit.\(world.name)Options
        @return rledit.World
        """
    }

    private static func optionsAnnotation<Made: CatalogueWorld>(of world: Made.Type) -> String {
        Made.Configuration().annotation(
            "rledit.\(Made.name)Options",
            [
                "layer string? name of the edited layer",
                "layers string[]? names of several edited layers, instead of `layer`",
                "horizon integer? steps of an episode; 1 by default",
            ])
    }
}
