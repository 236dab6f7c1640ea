internal import LuaBridge
internal import RLEditCore

/// `--set` options that a script does not read: most likely misspelt.
///
/// A script may read an argument late, inside its reward or a callback. So an unread one is an error when the script ends
/// without a task, or when no text of the script can read it; else the run says so after the first update and at its end.
extension ScriptContext {
    /// Arguments that the script has not read so far, in order of names.
    var unreadArguments: [UnreadArgumentError] {
        arguments.keys.sorted().filter { !readArguments.contains($0) }.map { name in
            UnreadArgumentError(
                name: name, value: arguments[name] ?? "",
                suggestion: NearestName.suggestion(for: name, among: readArguments.subtracting(arguments.keys)))
        }
    }

    /// - Parameter sources: texts that may still run and read arguments.
    /// - Throws: ``UnreadArgumentError`` for the first argument that is not read and that none of the texts can read.
    func checkArguments(sources: [ArgumentReader]) throws {
        for unread in unreadArguments where !sources.contains(where: { $0.mayRead(unread.name) }) {
            let named = Set(sources.flatMap(\.namedArguments)).union(readArguments).subtracting(arguments.keys)
            throw UnreadArgumentError(
                name: unread.name, value: unread.value,
                suggestion: NearestName.suggestion(for: unread.name, among: named))
        }
    }

    /// Says once which arguments the script has not read by now, when its reward has been called: a run may be long.
    func noteArgumentsUnreadSoFar(_ note: (String) -> Void) {
        guard !hasNotedUnreadArguments else { return }
        hasNotedUnreadArguments = true
        for unread in unreadArguments { note("note: \(unread.descriptionSoFar)") }
    }
}

/// A `--set` option that the script has never read.
struct UnreadArgumentError: Error, CustomStringConvertible {
    let name: String
    let value: String
    /// The nearest name that it does read, in words; empty for none.
    let suggestion: String

    var description: String { description(of: "--set \(name)=\(value)") }

    var descriptionSoFar: String {
        "--set \(name)=\(value): the script has not read rledit.args.\(name) so far\(suggestion)"
    }

    /// - Parameter origin: where the setting was given, as the user wrote it.
    func description(of origin: String) -> String {
        "\(origin): the script never reads rledit.args.\(name)\(suggestion)"
    }
}

/// Which arguments a text of Lua may read, judged by its letters alone.
struct ArgumentReader {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether the name is after a dot or in quotes, or a name is computed: `args[key]`.
    func mayRead(_ name: String) -> Bool {
        places(of: Array(name.utf8)).contains { place in
            let before = place > 0 ? bytes[place - 1] : 0
            let after = place + name.utf8.count < bytes.count ? bytes[place + name.utf8.count] : 0
            switch before {
            case UInt8(ascii: "."): return !ArgumentReader.isLetter(after)
            case UInt8(ascii: "\""), UInt8(ascii: "'"): return after == before
            default: return false
            }
        } || readsComputedNames
    }

    /// Names that follow `args.`.
    var namedArguments: [String] {
        places(of: Array("args.".utf8)).map { place in
            String(decoding: bytes[(place + 5)...].prefix(while: ArgumentReader.isLetter), as: UTF8.self)
        }
    }

    private var readsComputedNames: Bool {
        places(of: Array("args".utf8)).contains { place in
            let blank = UInt8(ascii: " ")
            var rest = bytes[(place + 4)...].drop { $0 == blank }
            guard rest.popFirst() == UInt8(ascii: "[") else { return false }
            rest = rest.drop { $0 == blank }
            return rest.first != UInt8(ascii: "\"") && rest.first != UInt8(ascii: "'")
        }
    }

    private func places(of word: [UInt8]) -> [Int] {
        guard let first = word.first, word.count <= bytes.count else { return [] }
        return (0...(bytes.count - word.count)).filter {
            bytes[$0] == first && bytes[$0..<($0 + word.count)].elementsEqual(word)
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 95, 97...122: true
        default: false
        }
    }
}
