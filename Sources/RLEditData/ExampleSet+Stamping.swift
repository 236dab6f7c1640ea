public import RLEditTensor

extension ExampleSet {
    /// The same pictures with a patch in each: the trigger of a backdoor, as of BadNets (Gu et al. 2017).
    /// - Parameters:
    ///   - patch: `[height, width]` for every channel, or `[channels, height, width]`. Levels from 0, black, to 1, white;
    ///     of pictures that are normalized, those before it.
    ///   - row: place of the patch's upper left corner, from 0.
    /// - Returns: a set with memory of its own.
    /// - Throws: ``DataError/invalidArgument(operation:message:)`` for examples that are no pictures, a patch that does not
    ///   lie within them, or a level outside 0 … 1.
    public func stamped(with patch: Tensor, row: Int, column: Int) throws -> ExampleSet {
        func fail(_ message: String) -> DataError { .invalidArgument(operation: "stamp", message: message) }
        guard exampleShape.count == 3, !isSparse else {
            throw fail("pictures of shape [channels, height, width] expected, got examples of shape \(exampleShape)")
        }
        let (channels, height, width) = (exampleShape[0], exampleShape[1], exampleShape[2])
        let shape = patch.rank == 2 ? [channels] + patch.shape : patch.shape
        guard shape.count == 3, shape[0] == channels else {
            throw fail("a patch of shape [height, width] or [\(channels), height, width] expected, got \(patch.shape)")
        }
        guard shape[1] >= 1, shape[2] >= 1, row >= 0, column >= 0, row <= height - shape[1], column <= width - shape[2]
        else {
            throw fail(
                "a patch within pictures of \(height)×\(width) expected, got \(shape[1])×\(shape[2]) with its corner at "
                    + "row \(row + 1), column \(column + 1)")
        }
        let levels = patch.scalars
        if let level = levels.first(where: { !(0...1).contains($0) }) {
            throw fail("levels from 0 to 1 expected, got \(level)")
        }
        /// Calls with each place of an example that the patch covers, and its level.
        func eachPlace(_ body: (_ place: Int, _ level: Float) -> Void) {
            let area = shape[1] * shape[2]
            for channel in 0..<channels {
                for y in 0..<shape[1] {
                    for x in 0..<shape[2] {
                        body(
                            (channel * height + row + y) * width + column + x,
                            levels[(patch.rank == 2 ? 0 : channel * area) + y * shape[2] + x])
                    }
                }
            }
        }
        let size = storage.exampleSize
        let values: ExampleStorage.Values
        if case .bytes(_, let scale) = storage.values {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count * size)
            storage.forEachRawExample(rows: (0..<count).lazy.map { storageRow($0) }) { bytes.append(contentsOf: $0) }
            for example in 0..<count {
                eachPlace { bytes[example * size + $0] = UInt8(($1 * 255).rounded()) }
            }
            values = .bytes(SharedBytes(bytes), scale)
        } else {
            var inputs = try allInputs()
            inputs.withUnsafeMutableBufferPointer { buffer in
                for example in 0..<count { eachPlace { buffer[example * size + $0] = $1 } }
            }
            values = .floats(inputs)
        }
        return ExampleSet(
            name: name, source: source, exampleShape: exampleShape,
            storage: ExampleStorage(values: values, exampleSize: size, count: count), order: nil,
            labelling: labelling)
    }
}
