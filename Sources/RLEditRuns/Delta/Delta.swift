internal import RLEditData
public import RLEditNN
public import RLEditTensor
public import RLEditWorlds

/// An edit by itself: what `delta.safetensors` holds, enough to apply it to its base model and to take it back exactly.
public struct Delta: Sendable, Equatable {
    /// How one parameter, seen as a matrix `[rows, columns]`, is changed. A bias that was edited too is the last column.
    public enum Change: Sendable, Equatable {
        /// `W + left · right`: `left` `[rows, rank]` with the scale in it, `right` `[rank, columns]`.
        case shift(left: Tensor, right: Tensor)
        /// `W ⊙ mask`, `[rows, columns]`. Masks of several steps multiply, so they are kept as their product.
        case mask(Tensor)
        /// Other weights, `[rows, columns]`: full actions and custom worlds.
        case weights(Tensor)

        /// As written in the file.
        public var kind: String {
            switch self {
            case .shift: "shift"
            case .mask: "mask"
            case .weights: "weights"
            }
        }
    }

    public struct Layer: Sendable, Equatable {
        /// For example `fc2`.
        public let name: String
        /// For example `fc2.weight`.
        public let parameter: String
        public let change: Change
        /// The unedited parameter in its own shape.
        public let original: Tensor
        /// SHA-256 of the unedited parameter's shape and bytes.
        public let originalHash: String
        /// The layer's bias, if it was edited too.
        public let bias: Bias?

        public init(name: String, parameter: String, change: Change, original: Tensor, bias: Bias? = nil) {
            self.name = name
            self.parameter = parameter
            self.change = change
            self.original = original
            originalHash = Delta.hash(original)
            self.bias = bias
        }
    }

    /// A bias that was edited with its layer's weight.
    public struct Bias: Sendable, Equatable {
        /// For example `fc2.bias`.
        public let parameter: String
        /// The unedited bias, `[rows]`.
        public let original: Tensor
        /// SHA-256 of the unedited bias's shape and bytes.
        public let originalHash: String

        public init(parameter: String, original: Tensor) {
            self.parameter = parameter
            self.original = original
            originalHash = Delta.hash(original)
        }
    }

    /// The world that made the edit, for example `ShiftWorld`.
    public var world: String
    /// Edited layers only, in the order of the task.
    public var layers: [Layer]

    public init(world: String, layers: [Layer]) {
        self.world = world
        self.layers = layers
    }

    /// The delta of an episode's edits, one per edited layer; unchanged layers are left out.
    /// - Throws: what making a dense mask throws.
    public init(world: String, layers: [EditedLayer], edits: [LayerEdit]) throws {
        self.world = world
        self.layers = try zip(layers, edits).compactMap { layer, edit in
            let change: Change
            switch edit {
            case .unchanged: return nil
            case .shift(let factors): change = .shift(left: factors.left, right: factors.right)
            case .weights(let weights): change = .weights(weights)
            case .mask:
                guard let mask = try edit.mask(of: layer) else { return nil }
                change = .mask(mask)
            }
            let originals = try layer.parameters(of: layer.base)
            return Layer(
                name: layer.name, parameter: layer.parameterName, change: change, original: originals[0].value,
                bias: originals.dropFirst().first.map { Bias(parameter: $0.name, original: $0.value) })
        }
    }

    static func hash(_ tensor: Tensor) -> String {
        var hasher = SHA256Digest.Hasher()
        hasher.update("\(tensor.shape)")
        tensor.withUnsafeBufferPointer { hasher.update(UnsafeRawBufferPointer($0)) }
        return hasher.finish()
    }
}

/// Why a delta does not go with a model.
public enum DeltaError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The model lacks a parameter.
    case missingParameter(String)
    /// Applying: the model is not the one the edit was made for.
    case otherBase(parameter: String, expected: String, actual: String)
    /// Reverting: the model does not carry this edit.
    case notEdited(parameter: String, difference: Float)
    /// The file is not a delta, or a part of it does not fit.
    case malformed(String)

    public var description: String {
        switch self {
        case .missingParameter(let name): "the delta edits '\(name)', which the model does not have"
        case .otherBase(let parameter, let expected, let actual):
            "the delta was made for another model: '\(parameter)' has SHA-256 \(actual.prefix(12))…, "
                + "expected \(expected.prefix(12))…"
        case .notEdited(let parameter, let difference):
            "cannot revert: '\(parameter)' does not carry this edit (it differs by up to \(difference))"
        case .malformed(let reason): "not a usable delta: \(reason)"
        }
    }
}

extension Delta {
    /// The model with this edit; the one given stays as it is.
    /// - Throws: ``DeltaError`` when `base` is not the model that the edit was made for.
    public func applied(to base: Network) throws -> Network {
        var edited = base
        for part in try layers.flatMap({ try $0.parts() }) {
            guard let current = base.parameter(part.parameter) else {
                throw DeltaError.missingParameter(part.parameter)
            }
            let hash = Delta.hash(current)
            guard hash == part.originalHash else {
                throw DeltaError.otherBase(parameter: part.parameter, expected: part.originalHash, actual: hash)
            }
            // Finite factors may have a product that is not finite.
            if let element = part.edited.firstNonFinite {
                throw DeltaError.malformed("the edited '\(part.parameter)': \(element.description)")
            }
            try edited.setParameter(part.parameter, part.edited)
        }
        return edited
    }

    /// The model without this edit, equal to the base to the bit.
    /// - Throws: ``DeltaError`` when `edited` does not carry the edit. A rounding difference, as from the kernels of
    ///   another processor, is allowed for.
    public func reverted(from edited: Network) throws -> Network {
        var base = edited
        for part in try layers.flatMap({ try $0.parts() }) {
            guard let current = edited.parameter(part.parameter) else {
                throw DeltaError.missingParameter(part.parameter)
            }
            guard current.shape == part.edited.shape else {
                throw DeltaError.notEdited(parameter: part.parameter, difference: .infinity)
            }
            var difference: Float = 0
            for (a, b) in zip(current.scalars, part.edited.scalars) { difference = max(difference, abs(a - b)) }
            guard difference <= 1e-5 * part.largest else {
                throw DeltaError.notEdited(parameter: part.parameter, difference: difference)
            }
            try base.setParameter(part.parameter, part.original)
        }
        return base
    }
}

extension Delta.Layer {
    /// One parameter that the edit changes.
    fileprivate struct Part {
        let parameter: String
        let original: Tensor
        let originalHash: String
        let edited: Tensor
        /// Largest magnitude of the layer's edited weights, what rounding is measured by.
        let largest: Float
    }

    /// The edited weights, `[rows, columns]`, by the same routines that made the edit, and the layer that they are of.
    private func edited() throws -> (weights: Tensor, layer: EditedLayer) {
        let layer = try EditedLayer(
            name: name, parameterName: parameter, weight: original, bias: bias.map { ($0.parameter, $0.original) })
        let edit: LayerEdit =
            switch change {
            case .shift(let left, let right): .shift(try LowRankFactors(left: left, right: right))
            case .mask(let mask): .mask(accumulated: mask, factors: nil)
            case .weights(let weights): .weights(weights)
            }
        return (try edit.weights(of: layer), layer)
    }

    /// The weight, and the bias if it was edited too.
    fileprivate func parts() throws -> [Part] {
        let (weights, layer) = try edited()
        let largest = weights.scalars.reduce(0) { max($0, abs($1)) }
        let originals = [(original, originalHash)] + (bias.map { [($0.original, $0.originalHash)] } ?? [])
        return try zip(layer.parameters(of: weights), originals).map { edited, original in
            Part(
                parameter: edited.name, original: original.0, originalHash: original.1, edited: edited.value,
                largest: largest)
        }
    }

    /// For the report: with the bias, if it was edited too, as the last input.
    public func map() throws -> EditMap? {
        let (weights, layer) = try edited()
        return EditMap(
            parameter: bias.map { "\(parameter) | \($0.parameter)" } ?? parameter, rows: layer.rows,
            columns: layer.columns, original: layer.base.scalars, edited: weights.scalars)
    }
}
