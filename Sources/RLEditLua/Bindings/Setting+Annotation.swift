internal import RLEditCore

extension Configurable {
    /// The class of the table that sets this configuration, with the values that it has now as defaults.
    /// - Parameter fields: fields that are not settings, which come first: `model rledit.Model`.
    func annotation(_ name: String, parent: String? = nil, _ fields: [String] = []) -> String {
        let lines = (fields + annotatedFields).map { "@field \($0)" }
        return (["@class \(name)" + (parent.map { ": \($0)" } ?? "")] + lines).joined(separator: "\n")
    }

    /// A field for each setting, with the value that it has now as default.
    var annotatedFields: [String] {
        settings.map { $0.annotation(default: JSONText.lua($0.json(of: self))) }
    }
}

extension Setting {
    /// `learning_rate rledit.Rate? Adam's step size, > 0; default 0.001`.
    fileprivate func annotation(default standard: String) -> String {
        // The range belongs to the meaning of the setting, before the text about its other values.
        let end = documentation.firstIndex(of: ";") ?? documentation.endIndex
        let range = bounds.text.map { ", \($0)" } ?? ""
        let text = "\(luaName) \(luaType)? \(documentation[..<end])\(range)\(documentation[end...])"
        return standard == "nil" ? text : "\(text); default \(standard)"
    }
}

/// A value as scripts write it.
private enum JSONText {
    static func lua(_ value: JSONValue) -> String {
        switch value {
        case .array(let values): "{ " + values.map(lua).joined(separator: ", ") + " }"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(value)"
        case .string(let value): "\"\(value)\""
        case .null, .object: "nil"
        }
    }
}
