internal import RLEditCore
internal import RLEditData
package import RLEditNN

/// The index of a model in several files (shards), as Hugging Face writes it beside them: a JSON object whose `weight_map`
/// gives the file of each tensor.
package struct ShardIndex {
    /// Names of the shards, which lie in the folder of the index, in the order of their names.
    package let files: [String]
    /// The SHA-256 of the index.
    package let hash: String
    private let path: String
    private let places: [(tensor: String, file: String)]

    /// Whether a path is that of an index.
    package static func isOne(_ path: String) -> Bool { path.hasSuffix(".safetensors.index.json") }

    /// - Throws: `DataError` for a file that is not JSON, ``ModelFileError`` for one that is no index.
    package init(path: String) throws {
        let value: JSONValue
        (value, hash) = try JSONFile.read(path)
        func refuse(_ reason: String) -> ModelFileError {
            .malformed(path: path, key: "weight_map", reason: reason)
        }
        guard let members = value["weight_map"]?.object?.members, !members.isEmpty else {
            throw refuse("an object that gives the file of each tensor is expected")
        }
        places = try members.map { member in
            guard let file = member.value.string, ShardIndex.isPlain(file) else {
                throw refuse("the name of a .safetensors file in the folder of the index is expected for each tensor")
            }
            return (member.key, file)
        }
        files = Set(places.map(\.file)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard files.count <= 4096 else { throw refuse("at most 4096 files are expected, got \(files.count)") }
        self.path = path
    }

    private static func isPlain(_ name: String) -> Bool {
        name.hasSuffix(".safetensors") && !name.hasPrefix(".") && !name.utf8.contains(UInt8(ascii: "/"))
            && name.utf8.allSatisfy { $0 >= 32 && $0 != 127 }
    }

    /// The shards as one file.
    /// - Parameter shards: in the order of ``files``.
    /// - Throws: `SafetensorsError`, or ``ModelFileError`` for a tensor that is not where the index says.
    package func joined(_ shards: [SafetensorsFile]) throws -> SafetensorsFile {
        let byName = Dictionary(zip(files, shards)) { first, _ in first }
        for (tensor, file) in places where byName[file]?[tensor] == nil {
            throw ModelFileError.malformed(
                path: path, key: "weight_map",
                reason: "'\(file)' does not hold the tensor '\(SafetensorsError.printable(tensor))'")
        }
        return try SafetensorsFile(joining: shards, path: path)
    }
}
