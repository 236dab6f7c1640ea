internal import RLEditTensor

extension LearnerSnapshot {
    /// The tensor under `name`.
    /// - Throws: ``LearnerError/snapshotMismatch(field:expected:)`` when it is missing or has another shape.
    func tensor(_ name: String, shape: [Int]) throws -> Tensor {
        guard let tensor = tensors[name], tensor.shape == shape else {
            let actual = tensors[name].map { "\($0.shape)" } ?? "nothing"
            throw LearnerError.snapshotMismatch(field: name, expected: "a tensor \(shape), got \(actual)")
        }
        return tensor
    }

    func integer(_ name: String) throws -> Int {
        guard let value = integers[name] else {
            throw LearnerError.snapshotMismatch(field: name, expected: "an integer, got nothing")
        }
        return value
    }

    func number(_ name: String) throws -> Double {
        guard let value = numbers[name] else {
            throw LearnerError.snapshotMismatch(field: name, expected: "a number, got nothing")
        }
        return value
    }

    func stream(_ name: String) throws -> RandomStream {
        guard let stream = streams[name] else {
            throw LearnerError.snapshotMismatch(field: name, expected: "a random stream, got nothing")
        }
        return stream
    }

    func vector(_ name: String, count: Int) throws -> [Double] {
        guard let vector = vectors[name], vector.count == count else {
            let actual = vectors[name].map { "\($0.count)" } ?? "nothing"
            throw LearnerError.snapshotMismatch(field: name, expected: "\(count) numbers, got \(actual)")
        }
        return vector
    }

    /// The candidates under evaluation, if there were any.
    func candidates(environments: Int, actionSize: Int) throws -> Tensor? {
        guard tensors["candidates"] != nil else { return nil }
        return try tensor("candidates", shape: [environments, actionSize])
    }
}
