internal import LuaBridge
internal import RLEditCore
internal import RLEditRuns
internal import RLEditWorlds

/// A world as a script describes it: the rules, the layers they are for, and how long an episode is.
final class ScriptWorld: LuaBound {
    static var luaName: String { "rledit.World" }
    static var luaExpected: String {
        "world (rledit.MaskWorld, rledit.ShiftWorld, or a table with action_size and apply)"
    }

    let world: any EditWorld
    let layers: [String]
    let horizon: Int
    /// Settings with their defaults filled in.
    let settings: JSONObject

    init(world: any EditWorld, layers: [String], horizon: Int, settings: JSONObject) {
        self.world = world
        self.layers = layers
        self.horizon = horizon
        self.settings = settings
    }

    /// A world object, or a table with `action_size` and `apply`.
    static func luaRead(_ slot: LuaSlot) throws -> ScriptWorld? {
        if let table = LuaTable.luaRead(slot) { return try CustomWorld.describe(table) }
        guard case .object = slot.value else { return nil }
        return try Holder.luaRead(slot)?.world
    }

    func luaPush(_ context: LuaPushContext) throws { try Holder(world: self).luaPush(context) }

    /// What the userdata holds: reading a `ScriptWorld` also accepts tables, so the object needs a type of its own.
    struct Holder: LuaBound {
        static var luaName: String { "rledit.World" }
        let world: ScriptWorld
    }
}

/// Far past any use, and small enough that numbers of steps can be multiplied.
private let largestHorizon = 1_000_000

/// The fields that every world has.
struct WorldPlace {
    var layers: [String]
    var horizon: Int

    init(_ options: LuaOptions) throws {
        layers = try WorldPlace.layers(options)
        horizon = try options.optional("horizon", as: Int.self) ?? 1
        guard (1...largestHorizon).contains(horizon) else {
            throw options.fieldError("horizon", "must be from 1 to \(largestHorizon), got \(horizon)")
        }
    }

    /// `layer = "fc2"`, or `layers = { … }`.
    static func layers(_ options: LuaOptions) throws -> [String] {
        let layer = try options.optional("layer", as: String.self)
        let list = try options.optional("layers", as: LuaTable.self)
        switch (layer, list) {
        case (let layer?, nil): return [layer]
        case (nil, let list?):
            let layers: [String]
            do { layers = try list.array(of: String.self, limit: 4096) } catch let error as LuaUsageError {
                throw options.fieldError("layers", error.description)
            }
            guard !layers.isEmpty else { throw options.fieldError("layers", "names no layer") }
            return layers
        case (nil, nil): throw try options.missing("layer", expected: "name of a layer")
        case (_?, _?): throw options.fieldError("layers", "give either 'layer' or 'layers'")
        }
    }

    /// `layers` and `horizon`, with what is between them.
    func settings(_ between: JSONObject) -> JSONObject {
        var settings = JSONObject()
        settings["layers"] = .array(layers.map { .string($0) })
        for member in between.members { settings[member.key] = member.value }
        settings["horizon"] = .integer(horizon)
        return settings
    }
}
