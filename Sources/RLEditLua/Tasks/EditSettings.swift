internal import LuaBridge
internal import RLEditCore
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// The settings that MaskWorld and ShiftWorld share, as scripts write them.
struct EditSettings {
    /// The tables of the worlds' constructors.
    static let annotation =
        """
        A number or schedule for all edited layers, a list of them in the order of the layers, or a table of them by
        layer name.
        @alias rledit.LayerRate rledit.Rate|rledit.Rate[]|table<string, rledit.Rate>

        @class rledit.MaskWorldOptions
        @field layer string? name of the edited layer
        @field layers string[]? names of several edited layers, instead of `layer`
        @field rank integer? rank of the action's factors; 1 by default
        @field full boolean? one number for each weight instead of factors
        @field units ("outputs"|"inputs")? one number for each output unit (row of weights) or each input (column) \
        instead of factors
        @field bias boolean? edit each layer with its bias, which counts as one more column of weights; default false
        @field rows integer[]? rows of the only edited layer that an action changes, from 0, such as the tokens of an \
        embedding's table; the others stay as they are; all by default
        @field scale rledit.LayerRate? strength of an action, for all edited layers or for each; 2 by default
        @field density number? share of each layer's weights that a step changes, those that it would change most; 1 \
        by default
        @field top_k integer? the same as a number of weights of each layer, instead of `density`
        @field offset number? size of the fixed signs added to `B`, in 0 … 1, without which learning cannot start; \
        default 0.5
        @field horizon integer? steps of an episode; 1 by default

        @class rledit.ShiftWorldOptions: rledit.MaskWorldOptions
        @field unit ("rms"|"relative"|"absolute")? unit of the scale: the layer's root-mean-square weight (default), \
        the layer's norm for the whole step, or the weights' own
        """

    let form: ActionForm
    let scale: LayerScale
    let offset: Double
    let sparsity: EditSparsity
    let bias: Bool
    let rows: [Int]?
    /// The settings with their defaults filled in.
    let shown: JSONObject

    init(
        _ options: LuaOptions, layers: [String], form standardForm: ActionForm, scale standardScale: LayerScale,
        offset standardOffset: Double
    ) throws {
        form = try EditSettings.form(options) ?? standardForm
        let given = try options.optional("scale", as: ScriptLayerScale.self)?.scale ?? standardScale
        let schedules = try options.blamingSettings { try given.schedules(for: layers, owner: options.owner) }
        scale = given
        offset = try EditSettings.offset(options) ?? standardOffset
        sparsity = try EditSettings.sparsity(options)
        bias = try options.optional("bias", as: Bool.self) ?? false
        rows = try EditSettings.rows(options, layers: layers)

        var settings = JSONObject()
        switch form {
        case .lowRank(let rank): settings["rank"] = .integer(rank)
        case .outputUnits: settings["units"] = "outputs"
        case .inputUnits: settings["units"] = "inputs"
        case .full: settings["full"] = .bool(true)
        }
        if bias { settings["bias"] = .bool(true) }
        if let rows { settings["rows"] = .array(rows.map { .integer($0) }) }
        if Set(schedules.map(\.description)).count == 1, let schedule = schedules.first {
            settings["scale"] = schedule.json
        } else {
            settings["scale"] = .array(schedules.map(\.json))
        }
        if case .lowRank = form { settings["offset"] = .number(offset) }
        switch sparsity {
        case .dense: break
        case .density(let density): settings["density"] = .number(density)
        case .largest(let count): settings["top_k"] = .integer(count)
        }
        shown = settings
    }

    /// `rank = 4`, `full = true`, or `units = "outputs"`.
    private static func form(_ options: LuaOptions) throws -> ActionForm? {
        let rank = try options.optional("rank", as: Int.self)
        let isFull = try options.optional("full", as: Bool.self) ?? false
        let units = try options.word("units", among: [("outputs", ActionForm.outputUnits), ("inputs", .inputUnits)])
        if rank != nil, isFull { throw options.fieldError("rank", "a full action has no rank") }
        if let units {
            if rank != nil { throw options.fieldError("rank", "an action per unit has no rank") }
            if isFull { throw options.fieldError("full", "an action has a number for each unit or for each weight") }
            return units
        }
        if isFull { return .full }
        guard let rank else { return nil }
        guard rank >= 1 else { throw options.fieldError("rank", "must be at least 1, got \(rank)") }
        return .lowRank(rank: rank)
    }

    /// `rows = { 2054, 2055 }`. Whether the layer has them is seen when the layer is.
    private static func rows(_ options: LuaOptions, layers: [String]) throws -> [Int]? {
        guard let list = try options.optional("rows", as: LuaTable.self) else { return nil }
        let rows: [Int]
        do { rows = try list.array(of: Int.self) } catch let error as LuaUsageError {
            throw options.fieldError("rows", error.description)
        }
        guard !rows.isEmpty else { throw options.fieldError("rows", "names no row") }
        guard layers.count == 1 else { throw options.fieldError("rows", "edit one layer alone to choose rows of it") }
        return rows
    }

    /// A number in 0 … 1, or false for 0.
    private static func offset(_ options: LuaOptions) throws -> Double? {
        guard let given = try options.switchable("offset", as: Double.self) else { return nil }
        let offset = given ?? 0
        guard (0...1).contains(offset) else { throw options.fieldError("offset", "must be in 0 … 1, got \(offset)") }
        return offset
    }

    /// `density = 0.1` or `top_k = 100`. Whether so many weights fit each layer is seen when the layers are.
    private static func sparsity(_ options: LuaOptions) throws -> EditSparsity {
        let density = try options.optional("density", as: Double.self)
        let count = try options.optional("top_k", as: Int.self)
        if let density {
            guard count == nil else { throw options.fieldError("top_k", "give either 'density' or 'top_k'") }
            guard density > 0, density <= 1 else {
                throw options.fieldError("density", "must be above 0 and at most 1, got \(ScriptNumber.text(density))")
            }
            return density == 1 ? .dense : .density(density)
        }
        guard let count else { return .dense }
        guard count >= 1 else { throw options.fieldError("top_k", "must be at least 1, got \(count)") }
        return .largest(count)
    }
}

/// A scale as scripts write it: one for all layers, a list in the order of the layers, or a table by their names.
private struct ScriptLayerScale: LuaReadable {
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

extension LuaOptions {
    /// Runs `body`; a setting of a world that it refuses becomes an error about the field of this table.
    fileprivate func blamingSettings<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch WorldError.invalidSetting(_, let field, let message) {
            throw fieldError(field.snakeCased, message)
        }
    }
}
