public import RLEditNN
internal import RLEditTensor

extension Delta {
    /// Write `delta.safetensors`; equal deltas give equal bytes.
    /// - Throws: `SafetensorsError` naming the file and the cause.
    public func write(to path: String) throws {
        var file = SafetensorsFile()
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) { try file.setTensor(name, tensor) }
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { file.setMetadata(key, value) }
        try file.write(to: path)
    }

    /// - Throws: `SafetensorsError` for a file that is not sound, ``DeltaError/malformed(_:)`` for one that is not a delta.
    public static func read(_ path: String) throws -> Delta { try Delta(try SafetensorsFile(path: path)) }

    /// The delta in a file that was read.
    /// - Throws: ``DeltaError/malformed(_:)`` for a file that is not a delta, `SafetensorsError` for a tensor of another type
    ///   or with values that are not finite.
    public init(_ file: SafetensorsFile) throws {
        // The reader refuses a metadata key that occurs twice.
        let metadata = Dictionary(file.metadata.map { ($0.key, $0.value) }) { first, _ in first }
        try self.init(metadata: metadata) { try file[$0] == nil ? nil : file.finiteTensor($0) }
    }
}
