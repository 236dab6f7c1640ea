internal import RLEditTensor

extension Network {
    /// Takes the parameters from a file that names them as this network does (`fc2.weight`), as PyTorch's state
    /// dictionaries do. On an error the network stays as it was.
    /// - Parameter earlier: where the other parameters come from, if the options permit that the file lacks some.
    /// - Returns: the file with the places of the parameters, for ``safetensors(basedOn:metadata:)``.
    /// - Throws: ``SafetensorsError`` naming the tensors that no parameter takes and the parameters that get none, as far
    ///   as `options` do not permit them; or a tensor that is of another shape or type, or not finite.
    @discardableResult
    public mutating func loadParameters(
        from file: SafetensorsFile, _ options: LoadOptions = LoadOptions(), after earlier: ParameterSource? = nil
    ) throws -> ParameterSource {
        let names = try tensorNames(in: file, options)
        var source = ParameterSource(file: file, prefix: options.prefix, names: names, ignore: options.ignore)
        var tensors: [String: String] = [:]
        for name in tensorNames where !options.changesNames || names[name] != nil {
            tensors[name] = source.tensor(of: name)
        }
        // A parameter whose own name belongs to another one's tensor could not be saved.
        let missing = tensorNames.filter {
            tensors[$0] == nil && (!options.isPartial || file[source.name(of: $0)] != nil)
        }
        if options.isPartial {
            tensors = tensors.filter { !options.leavesOut($0.value, networkName: $0.key) }
        }
        let unexpected = source.unexpected(taken: tensors.values, options)
        guard missing.isEmpty, unexpected.isEmpty, !tensors.isEmpty || tensorNames.isEmpty else {
            let unmet = tensors.isEmpty ? tensorNames : missing
            throw SafetensorsError(
                file: file.path, tensor: nil, fault: .names(unexpected: unexpected, missing: unmet))
        }
        if options.changesNames {
            // The file has to open again without the renaming: what was permitted by its new name is by its old one.
            let plain = LoadOptions(prefix: options.prefix, ignore: options.ignore)
            let permitted = source.unexpected(taken: tensors.values, plain)
            source.ignore = options.ignore + permitted.map { NamePattern($0) }
        }
        try take(from: source) { tensors[$0] != nil }
        guard options.isPartial, let earlier else { return source }
        return try source.following(earlier, taken: Set(tensors.keys), of: tensorNames)
    }

    /// Takes every parameter from where a source says that it lies, and checks the names where the source says which
    /// tensors may be left over. On an error the network stays as it was.
    public mutating func loadParameters(from source: ParameterSource) throws {
        if let ignore = source.ignore {
            let unexpected = source.unexpected(
                taken: tensorNames.compactMap { source.tensor(of: $0) },
                LoadOptions(prefix: source.prefix, ignore: ignore))
            guard unexpected.isEmpty else {
                throw SafetensorsError(
                    file: source.file.path, tensor: nil, fault: .names(unexpected: unexpected, missing: []))
            }
        }
        try take(from: source) { _ in true }
    }

    /// Names of the parameters in files: their own, but for those of a ``StoredTensor``.
    package var tensorNames: [String] { graph.fileTensors.map(\.name) }

    private mutating func take(from source: ParameterSource, where isTaken: (_ tensor: String) -> Bool) throws {
        var loaded = self
        for tensor in graph.fileTensors where isTaken(tensor.name) {
            try tensor.set(try source.values(of: tensor.name, shape: tensor.shape), in: &loaded)
        }
        self = loaded
    }

    /// What the file calls each parameter that it has, where names are changed.
    private func tensorNames(in file: SafetensorsFile, _ options: LoadOptions) throws -> [String: String] {
        guard options.changesNames else { return [:] }
        var found: [ExactName: String] = [:]
        for entry in file.entries {
            guard let name = options.networkName(of: entry.name) else { continue }
            guard let other = found[ExactName(name)] else {
                found[ExactName(name)] = entry.name
                continue
            }
            // Of two tensors with one name the one that is meant is taken.
            if options.ignores(entry.name, networkName: entry.name) { continue }
            guard options.ignores(other, networkName: other) else {
                throw SafetensorsError(
                    file: file.path, tensor: entry.name, fault: .sameName(other: other, name: name))
            }
            found[ExactName(name)] = entry.name
        }
        // Names that the metadata give to tensors are those of the file too.
        for (key, _) in file.metadata {
            guard let name = options.networkName(of: key), found[ExactName(name)] == nil else { continue }
            found[ExactName(name)] = key
        }
        var names: [String: String] = [:]
        for tensor in tensorNames {
            if let name = found[ExactName(tensor)] { names[tensor] = name }
        }
        return names
    }

    /// The parameters and ``metadata`` as a file.
    /// - Parameter source: where the parameters come from: names, dtypes, metadata and tensors that are not parameters are
    ///   kept, and parameters that the file has no tensor for are added; without a file all are written as F32.
    public func safetensors(
        basedOn source: ParameterSource = ParameterSource(), metadata: [(key: String, value: String)] = []
    ) throws -> SafetensorsFile {
        var file = source.file
        var owners: [ExactName: FileTensor] = [:]
        for tensor in graph.fileTensors { owners[ExactName(source.name(of: tensor.name))] = tensor }
        for tensor in graph.fileTensors {
            guard let value = try tensor.value(in: self) else { continue }
            let own = source.name(of: tensor.name)
            var elementType = source.file[own]?.elementType
            if let kept = source.tensor(of: tensor.name), kept != own {
                // Tied weights stay one tensor as long as they are equal.
                let other =
                    try owners[ExactName(kept)].flatMap { try $0.value(in: self) } ?? (try? source.file.tensor(kept))
                if let other, other.shape == value.shape, other.hasSameBits(as: value) {
                    // On the way from one name to the other there may have been a third, with values of its own now.
                    if !source.ties(tensor.name, to: kept) { file.setMetadata(own, kept) }
                    continue
                }
                elementType = source.file[kept]?.elementType
                file.removeMetadata(own)
            }
            let type = elementType.flatMap { $0.isFloatingPoint ? $0 : nil } ?? .f32
            try file.setTensor(own, value, elementType: type)
        }
        for (key, value) in self.metadata.sorted(by: { $0.key < $1.key }) { file.setMetadata(key, value) }
        for (key, value) in metadata { file.setMetadata(key, value) }
        return file
    }
}
