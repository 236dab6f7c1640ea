internal import RLEditTensor

extension Network {
    /// Takes every parameter from a file that names them as this network does (`fc2.weight`), as PyTorch's state
    /// dictionaries do. On an error the network stays as it was.
    /// - Parameter prefix: stands before each name in the file, for example `model.`.
    /// - Returns: names of tensors in the file that no parameter took.
    /// - Throws: ``SafetensorsError`` naming the tensor that is missing, of another shape, or not floating-point.
    @discardableResult
    public mutating func loadParameters(from file: SafetensorsFile, prefix: String = "") throws -> [String] {
        var loaded = self
        var taken: Set<String> = []
        for parameter in graph.parameters {
            let name = prefix + parameter.name
            guard let entry = file[name] else {
                throw SafetensorsError(file: file.path, tensor: name, fault: .missing)
            }
            guard entry.shape == parameter.specification.shape else {
                throw SafetensorsError(
                    file: file.path, tensor: name,
                    fault: .shape(expected: parameter.specification.shape, actual: entry.shape))
            }
            try loaded.setParameter(parameter.name, try file.tensor(name))
            taken.insert(name)
        }
        self = loaded
        return file.entries.map(\.name).filter { !taken.contains($0) }
    }

    /// The parameters and ``metadata`` as a file.
    /// - Parameter source: the file the network came from: names, dtypes, metadata and tensors that are no parameters are
    ///   kept; nil writes F32.
    public func safetensors(
        basedOn source: SafetensorsFile? = nil, prefix: String = "", metadata: [(key: String, value: String)] = []
    ) throws -> SafetensorsFile {
        var file = source ?? SafetensorsFile()
        for parameter in graph.parameters {
            if let value = self.parameter(parameter.name) { try file.setTensor(prefix + parameter.name, value) }
        }
        for (key, value) in self.metadata.sorted(by: { $0.key < $1.key }) { file.setMetadata(key, value) }
        for (key, value) in metadata { file.setMetadata(key, value) }
        return file
    }
}
