internal import RLEditCore
internal import RLEditNN
public import RLEditTensor

/// A delta as the named tensors and the metadata of a safetensors file.
///
/// Tensors: `<parameter>.original`, and by kind `<parameter>.left` and `.right`, `.mask` or `.weights`; `<bias>.original`
/// of a bias that was edited too. Metadata: `rledit.kind` = `delta`, `rledit.world`, and `rledit.layers`, a JSON list of
/// name, parameter, kind and hash, and of bias and bias_hash where a bias was edited.
extension Delta {
    public var tensors: [String: Tensor] {
        var tensors: [String: Tensor] = [:]
        for layer in layers {
            tensors["\(layer.parameter).original"] = layer.original
            if let bias = layer.bias { tensors["\(bias.parameter).original"] = bias.original }
            switch layer.change {
            case .shift(let left, let right):
                tensors["\(layer.parameter).left"] = left
                tensors["\(layer.parameter).right"] = right
            case .mask(let mask): tensors["\(layer.parameter).mask"] = mask
            case .weights(let weights): tensors["\(layer.parameter).weights"] = weights
            }
        }
        return tensors
    }

    public var metadata: [String: String] {
        let list = layers.map { layer -> JSONValue in
            var entry: JSONObject = [
                "name": .string(layer.name), "parameter": .string(layer.parameter),
                "kind": .string(layer.change.kind), "hash": .string(layer.originalHash),
            ]
            if let bias = layer.bias {
                entry["bias"] = .string(bias.parameter)
                entry["bias_hash"] = .string(bias.originalHash)
            }
            return .object(entry)
        }
        return ["rledit.kind": "delta", "rledit.world": world, "rledit.layers": JSONValue.array(list).text]
    }

    /// - Throws: ``DeltaError/malformed(_:)`` naming what is missing or does not fit.
    public init(tensors: [String: Tensor], metadata: [String: String]) throws {
        try self.init(metadata: metadata) { name in
            if let element = tensors[name]?.firstNonFinite {
                throw DeltaError.malformed("tensor '\(name)': \(element.description)")
            }
            return tensors[name]
        }
    }

    /// - Parameter read: the tensor of a name; nil for none. Only those that the metadata call for are asked for.
    init(metadata: [String: String], reading read: (String) throws -> Tensor?) throws {
        func malformed(_ reason: String) -> DeltaError { .malformed(reason) }
        guard metadata["rledit.kind"] == "delta", let world = metadata["rledit.world"],
            let text = metadata["rledit.layers"]
        else { throw malformed("the file does not say that it is a delta") }
        guard let list = (try? JSONValue(parsing: text))?.array else {
            throw malformed("'rledit.layers' is not a JSON list")
        }
        func tensor(_ name: String) throws -> Tensor {
            guard let tensor = try read(name) else { throw malformed("tensor '\(name)' is missing") }
            return tensor
        }
        var layers: [Layer] = []
        for entry in list {
            guard let name = entry["name"]?.string, let parameter = entry["parameter"]?.string,
                let kind = entry["kind"]?.string, let hash = entry["hash"]?.string
            else { throw malformed("an entry of 'rledit.layers' lacks a field") }
            let original = try tensor("\(parameter).original")
            guard original.rank >= 2, original.count > 0 else {
                throw malformed("'\(parameter).original' is not a matrix but of shape \(original.shape)")
            }
            var bias: Bias?
            if let entry = entry["bias"] {
                guard let name = entry.string, name != parameter else {
                    throw malformed("'bias' of '\(parameter)' does not name another parameter")
                }
                bias = Bias(parameter: name, original: try tensor("\(name).original"))
            }
            if let bias, bias.original.shape != [original.shape[0]] {
                throw malformed(
                    "'\(bias.parameter).original' has shape \(bias.original.shape), expected [\(original.shape[0])]")
            }
            let size = [original.shape[0], original.count / original.shape[0] + (bias == nil ? 0 : 1)]
            let change: Change
            switch kind {
            case "shift":
                let left = try tensor("\(parameter).left")
                let right = try tensor("\(parameter).right")
                guard left.rank == 2, right.rank == 2, left.shape[0] == size[0], right.shape[1] == size[1],
                    left.shape[1] == right.shape[0]
                else {
                    throw malformed("factors \(left.shape) and \(right.shape) of '\(parameter)' do not make \(size)")
                }
                change = .shift(left: left, right: right)
            case "mask", "weights":
                let dense = try tensor("\(parameter).\(kind)")
                guard dense.shape == size else {
                    throw malformed("'\(parameter).\(kind)' has shape \(dense.shape), expected \(size)")
                }
                change = kind == "mask" ? .mask(dense) : .weights(dense)
            default: throw malformed("'\(kind)' is not a kind of change")
            }
            if let bias, entry["bias_hash"]?.string != bias.originalHash {
                throw malformed("the original values of '\(bias.parameter)' do not match their SHA-256")
            }
            let layer = Layer(name: name, parameter: parameter, change: change, original: original, bias: bias)
            guard layer.originalHash == hash else {
                throw malformed("the original values of '\(parameter)' do not match their SHA-256")
            }
            layers.append(layer)
        }
        self.init(world: world, layers: layers)
    }
}
