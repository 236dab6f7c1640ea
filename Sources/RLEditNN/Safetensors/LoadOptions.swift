/// How the tensors of a file become the parameters of a network. By itself loading is strict: each tensor has its
/// parameter, and each parameter its tensor.
public struct LoadOptions: Sendable {
    /// The prefix of each name in the file. Tensors with another prefix are not the network's.
    public var prefix: String
    /// Beginnings of names in the file, after the prefix, and what the network has in their place: `_orig_mod.` to
    /// nothing. The beginning of any part of a name counts, each time that it occurs; the longest that fits is taken.
    public var rename: [(from: String, to: String)]
    /// What is put before every name, after the renaming: `bert.`, for the part of a network that a file holds by itself.
    public var beginning: String
    /// Tensors that no parameter needs to take.
    public var ignore: [NamePattern]
    /// Whether parameters without a tensor keep their values. Tensors that `ignore` names are then left out even where a
    /// parameter could take them.
    public var isPartial: Bool

    /// - Parameter rename: the empty name gives ``beginning``.
    public init(
        prefix: String = "", rename: [String: String] = [:], ignore: [NamePattern] = [], isPartial: Bool = false
    ) {
        self.prefix = prefix
        // Longest first; equal lengths by their bytes, though no two of them fit the same place.
        self.rename = rename.filter { !$0.key.isEmpty }.map { (from: $0.key, to: $0.value) }.sorted {
            $0.from.utf8.count != $1.from.utf8.count
                ? $0.from.utf8.count > $1.from.utf8.count : $0.from.utf8.lexicographicallyPrecedes($1.from.utf8)
        }
        beginning = rename[""] ?? ""
        self.ignore = ignore
        self.isPartial = isPartial
    }

    /// Whether the network has other names than the file.
    var changesNames: Bool { !rename.isEmpty || !beginning.isEmpty }

    /// What the network calls a tensor of the file; nil for one without the prefix.
    package func networkName(of name: String) -> String? {
        guard let rest = name.after(prefix) else { return nil }
        guard !rename.isEmpty else { return beginning + rest }
        let bytes = Array(rest.utf8)
        var result: [UInt8] = []
        var place = 0
        while place < bytes.count {
            let beginsPart = place == 0 || bytes[place - 1] == UInt8(ascii: ".")
            let rule = rename.first { rule in
                (beginsPart || rule.from.utf8.first == UInt8(ascii: "."))
                    && bytes[place...].starts(with: rule.from.utf8)
            }
            if let rule {
                result += Array(rule.to.utf8)
                place += rule.from.utf8.count
            } else {
                result.append(bytes[place])
                place += 1
            }
        }
        return beginning + String(decoding: result, as: UTF8.self)
    }

    /// Whether a tensor may be without a parameter that takes it.
    func ignores(_ name: String, networkName: String) -> Bool {
        ignore.contains { $0.matches(name) || $0.matches(networkName) }
    }

    /// Whether a tensor is not to be taken even where it could be.
    func leavesOut(_ name: String, networkName: String) -> Bool {
        isPartial && ignore.contains { $0 != .everything && ($0.matches(name) || $0.matches(networkName)) }
    }
}

/// A name, or a pattern in which `*` is any run of characters, dots included.
public struct NamePattern: Sendable, Equatable {
    public let text: String

    public init(_ text: String) { self.text = text }

    /// Whatever no parameter takes.
    public static let everything = NamePattern("*")

    /// In time of at most the product of both lengths.
    public func matches(_ name: String) -> Bool {
        var (text, name) = (text, name)
        return text.withUTF8 { pattern in name.withUTF8 { NamePattern.matches($0, pattern) } }
    }

    private static func matches(_ name: UnsafeBufferPointer<UInt8>, _ pattern: UnsafeBufferPointer<UInt8>) -> Bool {
        let star = UInt8(ascii: "*")
        var (place, at) = (0, 0)
        // The last star, and where what follows it is tried next.
        var (lastStar, retry) = (-1, 0)
        while place < name.count {
            if at < pattern.count, pattern[at] == star {
                (lastStar, retry) = (at, place)
                at += 1
            } else if at < pattern.count, pattern[at] == name[place] {
                at += 1
                place += 1
            } else if lastStar >= 0 {
                retry += 1
                (place, at) = (retry, lastStar + 1)
            } else {
                return false
            }
        }
        while at < pattern.count, pattern[at] == star { at += 1 }
        return at == pattern.count
    }
}
