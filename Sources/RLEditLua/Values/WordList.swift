internal import LuaBridge
internal import RLEditCore
internal import RLEditRuns

extension LuaOptions {
    /// A field that is one of a few words; another one is refused, with the nearest.
    func word<Value>(_ name: String, among words: [(word: String, value: Value)]) throws -> Value? {
        guard let given = try optional(name, as: String.self) else { return nil }
        if let found = words.first(where: { $0.word == given }) { return found.value }
        throw unknownWord(given, name, among: words.map(\.word))
    }

    /// The error of a field that holds another word than one of a few.
    func unknownWord(_ given: String, _ field: String, among words: [String]) -> LuaUsageError {
        let known = words.map { "'\($0)'" }.joined(separator: ", ")
        return fieldError(
            field, "one of \(known) expected, got '\(given)'" + NearestName.suggestion(for: given, among: words))
    }
}

/// Settings as one line of text.
enum WordList {
    /// `MaskWorld { layers = [fc2], rank = 1 }`.
    static func call(_ name: String, _ settings: JSONObject) -> String {
        let fields = settings.members.map { "\($0.key) = \(text($0.value))" }.joined(separator: ", ")
        return fields.isEmpty ? name : "\(name) { \(fields) }"
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .null: "nil"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): value
        case .array(let values): "[" + values.map(text).joined(separator: ", ") + "]"
        case .object(let object):
            "{" + object.members.map { "\($0.key) = \(text($0.value))" }.joined(separator: ", ") + "}"
        }
    }
}
