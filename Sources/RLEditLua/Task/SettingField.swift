internal import LuaBridge
internal import RLEditRuns
internal import RLEditTensor

/// One field of a configuration struct as scripts write it: its name, its type for the annotations, how it is read and
/// how it is shown in the resolved configuration.
struct SettingField<Configuration> {
    /// In Swift's spelling: `learningRate`.
    let swiftName: String
    /// As the annotation files give it: `number`, `integer?`, …
    let type: String
    let read: (LuaOptions, inout Configuration) throws -> Void
    let json: (Configuration) -> JSONValue

    /// In Lua's spelling: `learning_rate`.
    var name: String { LuaName.snakeCase(swiftName) }

    static func integer(_ name: String, _ path: WritableKeyPath<Configuration, Int>) -> SettingField {
        plain(name, "integer", path) { .integer($0) }
    }

    static func number(_ name: String, _ path: WritableKeyPath<Configuration, Double>) -> SettingField {
        plain(name, "number", path, shownNumber)
    }

    static func boolean(_ name: String, _ path: WritableKeyPath<Configuration, Bool>) -> SettingField {
        plain(name, "boolean", path) { .bool($0) }
    }

    /// A number, or `false` for none.
    static func optionalNumber(_ name: String, _ path: WritableKeyPath<Configuration, Double?>) -> SettingField {
        switchable(name, "number|false", path, shownNumber)
    }

    static func integers(_ name: String, _ path: WritableKeyPath<Configuration, [Int]>) -> SettingField {
        SettingField(swiftName: name, type: "integer[]") { options, configuration in
            if let table = try options.optional(LuaName.snakeCase(name), as: LuaTable.self) {
                configuration[keyPath: path] = try integers(table, name, options)
            }
        } json: {
            .array($0[keyPath: path].map { .integer($0) })
        }
    }

    static func optionalIntegers(_ name: String, _ path: WritableKeyPath<Configuration, [Int]?>) -> SettingField {
        SettingField(swiftName: name, type: "integer[]|false") { options, configuration in
            guard let given = try options.switchable(LuaName.snakeCase(name), as: LuaTable.self) else { return }
            configuration[keyPath: path] = try given.map { try integers($0, name, options) }
        } json: {
            $0[keyPath: path].map { .array($0.map { .integer($0) }) } ?? .bool(false)
        }
    }

    static func schedule(_ name: String, _ path: WritableKeyPath<Configuration, Schedule>) -> SettingField {
        SettingField(swiftName: name, type: "rledit.NumberOrSchedule") { options, configuration in
            if let given = try options.optional(LuaName.snakeCase(name), as: ScriptSchedule.self) {
                configuration[keyPath: path] = given.schedule
            }
        } json: {
            $0[keyPath: path].json
        }
    }

    static func optionalSchedule(_ name: String, _ path: WritableKeyPath<Configuration, Schedule?>) -> SettingField {
        SettingField(swiftName: name, type: "rledit.NumberOrSchedule|false") { options, configuration in
            guard let given = try options.switchable(LuaName.snakeCase(name), as: ScriptSchedule.self) else { return }
            configuration[keyPath: path] = given?.schedule
        } json: {
            $0[keyPath: path]?.json ?? .bool(false)
        }
    }

    // MARK: - Shared

    private static func plain<Value: LuaReadable>(
        _ name: String, _ type: String, _ path: WritableKeyPath<Configuration, Value>,
        _ show: @escaping (Value) -> JSONValue
    ) -> SettingField {
        SettingField(swiftName: name, type: type) { options, configuration in
            if let value = try options.optional(LuaName.snakeCase(name), as: Value.self) {
                configuration[keyPath: path] = value
            }
        } json: {
            show($0[keyPath: path])
        }
    }

    private static func switchable<Value: LuaReadable>(
        _ name: String, _ type: String, _ path: WritableKeyPath<Configuration, Value?>,
        _ show: @escaping (Value) -> JSONValue
    ) -> SettingField {
        SettingField(swiftName: name, type: type) { options, configuration in
            guard let given = try options.switchable(LuaName.snakeCase(name), as: Value.self) else { return }
            configuration[keyPath: path] = given
        } json: {
            $0[keyPath: path].map(show) ?? .bool(false)
        }
    }

    private static func integers(_ table: LuaTable, _ name: String, _ options: LuaOptions) throws -> [Int] {
        do {
            return try table.array(of: Int.self, limit: 64)
        } catch let error as LuaUsageError {
            throw options.fieldError(LuaName.snakeCase(name), error.description)
        }
    }

    private static func shownNumber(_ value: Double) -> JSONValue { .number(value) }
}

extension Schedule {
    /// A constant as a number, other schedules as they were written.
    var json: JSONValue { Double(description).map { .number($0) } ?? .string(description) }
}

extension Array {
    /// Reads all fields of a configuration, over its defaults.
    func read<Configuration>(
        _ options: LuaOptions, into configuration: inout Configuration
    ) throws where Element == SettingField<Configuration> {
        for field in self { try field.read(options, &configuration) }
    }

    /// The resolved configuration, in the order of the fields.
    func json<Configuration>(_ configuration: Configuration) -> JSONObject
    where Element == SettingField<Configuration> {
        var object = JSONObject()
        for field in self { object[field.name] = field.json(configuration) }
        return object
    }
}

extension LuaOptions {
    /// Runs `body`; a setting that it refuses becomes an error about the field of this table.
    func blamingFields<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as ConfigurationError {
            throw fieldError(LuaName.snakeCase(error.field), LuaName.inWords(error.message))
        }
    }
}
