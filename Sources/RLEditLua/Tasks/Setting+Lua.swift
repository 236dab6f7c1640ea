internal import LuaBridge
internal import RLEditCore

/// A setting as scripts write it: how it is read, shown in the resolved configuration, and annotated.
extension Setting {
    /// In Lua's spelling: `learning_rate`.
    var luaName: String { name.snakeCased }

    /// As the annotation files give it: `number`, `(number|false)`, …
    var luaType: String {
        switch value {
        case .integer: "integer"
        case .number: "number"
        case .boolean: "boolean"
        case .pair: "rledit.Size"
        case .optionalNumber: "(number|false)"
        case .optionalInteger: "integer"
        case .word(let choice): "(\(choice.words.map { "\"\($0)\"" }.joined(separator: "|")))"
        case .integers: "integer[]"
        case .optionalIntegers: "(integer[]|false)"
        case .schedule: "rledit.Rate"
        case .optionalSchedule: "(rledit.Rate|false)"
        case .layerScale: "rledit.LayerRate"
        }
    }

    /// Takes the field of this name from a table, if it is there or has to be; `false` switches off what is optional.
    func read(_ options: LuaOptions, into owner: inout Owner) throws {
        func found<Found: LuaReadable>(_ type: Found.Type) throws -> Found? {
            try isRequired ? options.required(luaName, as: type) : options.optional(luaName, as: type)
        }
        func plain<Found: LuaReadable>(_ path: WritableKeyPath<Owner, Found>) throws {
            if let found = try found(Found.self) { owner[keyPath: path] = found }
        }
        func integers(_ table: LuaTable) throws -> [Int] {
            do { return try table.array(of: Int.self, limit: 1 << 16) } catch let error as LuaUsageError {
                throw options.fieldError(luaName, error.description)
            }
        }
        switch value {
        case .integer(let path, _): try plain(path)
        case .number(let path, _): try plain(path)
        case .boolean(let path): try plain(path)
        case .pair(let path, _): if let found = try found(SizePair.self) { owner[keyPath: path] = found.pair }
        case .optionalNumber(let path, _):
            if let found = try options.switchable(luaName, as: Double.self) { owner[keyPath: path] = found }
        case .optionalInteger(let path, _):
            if let found = try found(Int.self) { owner[keyPath: path] = found }
        case .word(let choice):
            if let given = try found(String.self), !choice.take(given, &owner) {
                throw options.unknownWord(given, luaName, among: choice.words)
            }
        case .integers(let path, _):
            if let table = try options.optional(luaName, as: LuaTable.self) {
                owner[keyPath: path] = try integers(table)
            }
        case .optionalIntegers(let path, _):
            if let found = try options.switchable(luaName, as: LuaTable.self) {
                owner[keyPath: path] = try found.map(integers)
            }
        case .schedule(let path, _):
            if let found = try options.optional(luaName, as: ScriptSchedule.self) {
                owner[keyPath: path] = found.schedule
            }
        case .optionalSchedule(let path, _):
            if let found = try options.switchable(luaName, as: ScriptSchedule.self) {
                owner[keyPath: path] = found?.schedule
            }
        case .layerScale(let path, _):
            if let found = try options.optional(luaName, as: ScriptLayerScale.self) {
                owner[keyPath: path] = found.scale
            }
        }
    }
}

extension Configurable {
    /// Reads all settings from a table, over the values that are there.
    mutating func read(_ options: LuaOptions) throws {
        for names in alternatives.map({ $0.map(\.snakeCased) }) {
            let given = try names.filter { try options.isGiven($0) }
            if given.count > 1 { throw options.fieldError(given[1], "give either '\(given[0])' or '\(given[1])'") }
        }
        for setting in settings { try setting.read(options, into: &self) }
    }

    /// This configuration with what a table sets.
    func reading(_ options: LuaOptions) throws -> Self {
        var configuration = self
        try configuration.read(options)
        return configuration
    }

    /// The resolved configuration, in the order of the settings.
    var json: JSONObject {
        var object = JSONObject()
        for setting in settings { object[setting.luaName] = setting.json(of: self) }
        return object
    }
}

extension LuaOptions {
    /// Whether a field is there and does not switch something off.
    fileprivate func isGiven(_ name: String) throws -> Bool {
        switch try value(name) {
        case .nil, .boolean(false): false
        default: true
        }
    }

    /// Runs `body`; a setting that it refuses becomes an error about the field of this table.
    func blamingFields<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as ConfigurationError {
            throw fieldError(error.field.snakeCased, LuaName.inWords(error.message))
        }
    }
}
