internal import CLua
internal import CLuaShims

/// What an interactive session shows of a table.
extension LuaTable {
    /// The most entries that are shown.
    private static let shownEntries = 20
    /// The most characters of a string or a description that are shown.
    private static let shownCharacters = 80

    /// The contents, one level deep, an entry a line, in the order of `sortedKeys`; of more than 20 entries the first ones
    /// and how many more there are. nil for a table that has a `__tostring` of its own.
    ///
    /// The table is read without metamethods; of what is in it, only a `__tostring` may run.
    package func contents() throws -> String? {
        if try hasOwnText() { return nil }
        let keys = try sortedKeys()
        guard !keys.isEmpty else { return "{}" }
        var lines = try keys.prefix(Self.shownEntries).map { "\(try name(of: $0)) = \(try text(of: rawValue($0)))" }
        let rest = keys.count - lines.count
        for place in lines.indices.dropLast(rest > 0 ? 0 : 1) { lines[place] += "," }
        if rest > 0 { lines.append("… and \(rest) more") }
        return "{ " + lines.joined(separator: "\n  ") + " }"
    }

    private func rawValue(_ key: LuaValue) throws -> LuaValue {
        try withPushed { state, index in
            var table = index
            if luahost_push_behind_read_only(state, index) { table = lua_gettop(state) }
            try key.luaPush(LuaPushContext(host: host, state: state))
            lua_rawget(state, table)
            return host.value(state, lua_gettop(state))
        }
    }

    /// `name` for an identifier, `[1]` and `["a b"]` for other keys.
    private func name(of key: LuaValue) throws -> String {
        switch key {
        case .string(let string):
            let text = string.text
            return LuaWord.isIdentifier(text) && !LuaWord.keywords.contains(text) ? text : "[\(Self.quoted(string))]"
        case .integer, .number, .boolean: return "[\(try plainText(of: key))]"
        default: return "[\(key.typeName)]"
        }
    }

    private func text(of value: LuaValue) throws -> String {
        switch value {
        case .string(let string): return Self.quoted(string)
        case .function: return value.typeName
        case .opaque(let reference): return try reference.withPushed { host.typeName($0, $1) }
        case .object(let object):
            return try (object.hasOwnText() ? description(of: value) : nil) ?? value.typeName
        case .nil, .boolean, .integer, .number: return try plainText(of: value)
        case .table(let table):
            if try table.hasOwnText() { return try description(of: value) ?? "table, whose __tostring failed" }
            switch try table.sortedKeys().count {
            case 0: return "{}"
            case 1: return "{…} (1 entry)"
            case let count: return "{…} (\(count) entries)"
            }
        }
    }

    /// The first line of what `tostring` gives; nil when that fails. A limit that it reaches is thrown.
    private func description(of value: LuaValue) throws -> String? {
        do {
            let text = try plainText(of: value)
            let shown = text.prefix { $0 != "\n" }.prefix(Self.shownCharacters)
            return shown.endIndex < text.endIndex ? shown + " …" : String(shown)
        } catch let error as LuaError where !error.isLimit {
            return nil
        }
    }

    private func plainText(of value: LuaValue) throws -> String {
        try withPushed { state, _ in
            try value.luaPush(LuaPushContext(host: host, state: state))
            let status = luahost_tostring(try host.usableHandle(), state, lua_gettop(state))
            if status != LUA_OK { throw host.makeError(status: status, on: state) }
            return host.withString(state, lua_gettop(state)) { PrintableText.make($0) } ?? ""
        }
    }

    /// As Lua reads it. Control characters, and bytes that are not UTF-8, are escaped.
    private static func quoted(_ string: LuaString) -> String {
        guard let text = String(validating: string.bytes, as: UTF8.self) else {
            let shown = string.bytes.prefix(shownCharacters).map { byte in
                (32..<127).contains(byte) ? escaped(Unicode.Scalar(byte)) : "\\\(byte)"
            }
            return "\"" + shown.joined() + (string.bytes.count > shown.count ? "…\"" : "\"")
        }
        let shown = text.unicodeScalars.prefix(shownCharacters)
        return "\"" + shown.map(escaped).joined() + (shown.endIndex < text.endIndex ? "…\"" : "\"")
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"", "\\": "\\\(scalar)"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case _ where scalar.isASCII && PrintableText.isControl(scalar): "\\\(scalar.value)"
        case _ where PrintableText.isControl(scalar): "\\u{\(String(scalar.value, radix: 16))}"
        default: String(scalar)
        }
    }
}

extension LuaReference {
    fileprivate func hasOwnText() throws -> Bool {
        try withPushed { state, index in luaL_getmetafield(state, index, "__tostring") != LUA_TNIL }
    }
}
