public import RLEditTensor

/// An element that is NaN or infinite, or becomes infinite as float32: nothing that is computed with it means anything.
public struct NonFiniteElement: Equatable, Sendable, CustomStringConvertible {
    /// Its place, from 0.
    public let indices: [Int]
    /// Before it was narrowed to float32.
    public let value: Double

    public var description: String {
        let place = indices.map { "\($0 + 1)" }.joined(separator: ", ")
        let element = indices.isEmpty ? "its value" : "element [\(place)] (counted from 1)"
        let value = value.isNaN ? "nan" : "\(value)"
        return "\(element) is \(value), "
            + (self.value.isFinite ? "too large for float32" : "and networks take finite numbers only")
    }
}

extension Tensor {
    /// The first element that is NaN or infinite.
    public var firstNonFinite: NonFiniteElement? {
        withUnsafeBufferPointer { values in
            guard let place = values.firstIndex(where: { !$0.isFinite }) else { return nil }
            return NonFiniteElement(indices: indices(ofElement: place), value: Double(values[place]))
        }
    }

    /// Where an element is that is stored at `place`.
    func indices(ofElement place: Int) -> [Int] {
        var rest = place
        var indices: [Int] = []
        for size in shape.reversed() {
            indices.append(rest % size)
            rest /= size
        }
        return indices.reversed()
    }
}
