internal import LuaBridge
internal import RLEditCore
internal import RLEditNN

extension HostModules {
    /// Functions of `rledit.nn` that make layers: one for each constructor whose layers read one node.
    static func addLayers(to module: LuaModule) {
        module.types(
            """
            @alias rledit.Size integer|{ [1]: integer, [2]: integer } one size, or `{ height, width }`
            """
        )
        for constructor in Layers.all where constructor.inputs == .one {
            module.function(constructor.name, constructor.annotation) { call in
                try call.returns(
                    ScriptLayer(
                        layer: try constructor.layer(call, owner: "rledit.nn.\(constructor.name)"),
                        baseName: constructor.baseName))
            }
        }
    }
}

extension LayerConstructor {
    /// A layer from the arguments of a call: a table of settings, or the first settings by place.
    fileprivate func layer(_ call: LuaCall, owner: String) throws -> any Layer {
        var isTable = false
        if case .table = call.value(1) { isTable = true }
        if prototype.hasSettings, isTable || positional == 0 {
            try call.atMost(1)
            return try layer(call.options(1, of: owner))
        }
        try call.atMost(positional)
        func read<L: DescribedLayer>(_ prototype: L) throws -> any Layer {
            var layer = prototype
            for (index, setting) in layer.settings.prefix(positional).enumerated() {
                try setting.read(call, index + 1, into: &layer)
            }
            return layer
        }
        return try read(prototype)
    }

    /// A layer from a table of settings, which is finished.
    func layer(_ options: LuaOptions, inferring given: (name: String, size: Int)? = nil) throws -> any Layer {
        func read<L: DescribedLayer>(_ prototype: L) throws -> any Layer {
            var layer = prototype
            for setting in layer.settings {
                // What the node before tells need not be said.
                if let given, setting.name == given.name, case .integer(let path, _) = setting.value {
                    layer[keyPath: path] = try options.optional(setting.luaName, as: Int.self) ?? given.size
                } else {
                    try setting.read(options, into: &layer)
                }
            }
            try options.finish()
            return layer
        }
        return try read(prototype)
    }

    /// The documentation of the function in `rledit.nn`.
    fileprivate var annotation: String {
        func fields<L: DescribedLayer>(of layer: L) -> [(name: String, type: String, isRequired: Bool)] {
            layer.settings.map { ($0.luaName, $0.luaType, $0.isRequired) }
        }
        let fields = fields(of: prototype)
        var lines = [documentation]
        if !fields.isEmpty {
            let table = fields.map { "\($0.name): \($0.type)\($0.isRequired ? "" : "?")" }.joined(separator: ", ")
            let first = fields[0]
            let optional = fields.contains { $0.isRequired } ? "" : "?"
            if positional == 0 {
                lines.append("@param options\(optional) { \(table) }")
            } else {
                lines.append("@param \(first.name)\(optional) \(first.type)|{ \(table) }")
                lines += fields.prefix(positional).dropFirst().map { "@param \($0.name)? \($0.type)" }
            }
        }
        return (lines + ["@return rledit.Layer"]).joined(separator: "\n")
    }
}

extension Setting {
    /// Takes an argument of a call.
    fileprivate func read(_ call: LuaCall, _ number: Int, into owner: inout Owner) throws {
        func argument<Found: LuaReadable>(_ type: Found.Type) throws -> Found? {
            try isRequired ? call.argument(number, as: type) : call.optional(number, as: type)
        }
        switch value {
        case .integer(let path, _): if let found = try argument(Int.self) { owner[keyPath: path] = found }
        case .number(let path, _): if let found = try argument(Double.self) { owner[keyPath: path] = found }
        case .pair(let path, _): if let found = try argument(Int.self) { owner[keyPath: path] = (found, found) }
        default: break
        }
    }
}
