internal import LuaBridge
internal import RLEditCore
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// A world that a script wrote: a table with `action_size`, a number or a function of the weights, and
/// `apply(weights, action)`, which returns the new weights.
///
/// With one edited layer, weights are a tensor of the layer's own shape; with several, a table of tensors by layer name.
final class CustomWorld: EditWorld {
    /// The table.
    static let annotation =
        """
        A world of your own. Functions may also be written with a colon, and then get the table as `self`.
        @class rledit.CustomWorld
        @field layer string? name of the edited layer
        @field layers string[]? names of several edited layers; weights are then tables of tensors by layer name
        @field action_size integer|fun(weights: rledit.Tensor): integer numbers in an action
        @field apply fun(weights: rledit.Tensor, action: rledit.Tensor): rledit.Tensor the weights after one more action
        @field horizon integer? steps of an episode; 1 by default
        @field name string?
        """

    private enum ActionSize {
        case number(Int)
        case function(ScriptMethod)
    }

    let name: String
    private let host: LuaHost
    private let actionSize: ActionSize
    /// Most numbers in an action: a policy keeps some hundred bytes for each.
    private static let largestAction = 1_000_000
    private let apply: ScriptMethod
    private let settings: JSONObject

    static func describe(_ table: LuaTable) throws -> ScriptWorld {
        let name = try table.get("name", as: String.self) ?? "custom world"
        let options = LuaOptions(owner: "world '\(name)'", table: table)
        let place: WorldPlace
        do { place = try WorldPlace(options) } catch let error as LuaUsageError { throw LuaMismatch(error.description) }
        let world = try CustomWorld(name: name, table: table)
        return ScriptWorld(
            world: world, layers: place.layers, horizon: place.horizon, settings: place.settings(world.settings))
    }

    private init(name: String, table: LuaTable) throws {
        self.name = name
        host = table.host
        let owner = "the world '\(name)'"
        guard let apply = try table.method("apply", parameters: 2, owner: owner) else {
            throw LuaMismatch("a world that is a table needs a function 'apply(weights, action)'")
        }
        self.apply = apply
        switch try table.get("action_size") {
        case .integer(let size):
            guard size >= 1 else { throw LuaMismatch("'action_size' of \(owner) must be at least 1, got \(size)") }
            guard size <= CustomWorld.largestAction else {
                throw LuaMismatch("'action_size' of \(owner) must be at most \(CustomWorld.largestAction), got \(size)")
            }
            actionSize = .number(size)
            settings = ["action_size": .integer(size)]
        case .function:
            guard let function = try table.method("action_size", parameters: 1, owner: owner) else {
                throw LuaMismatch("'action_size' of \(owner) has changed")
            }
            actionSize = .function(function)
            settings = ["action_size": "function"]
        case let other:
            throw LuaMismatch(
                "a world that is a table needs 'action_size', an integer or a function of the weights, got "
                    + other.typeName)
        }
    }

    func bind(to layers: [EditedLayer], random: RandomStream) throws -> any BoundWorld {
        let size: Int
        switch actionSize {
        case .number(let number): size = number
        case .function(let function):
            let unedited = try weights(layers.map { try $0.base.reshaped($0.shape) }, of: layers)
            let result = try function.call([unedited]).first ?? .nil
            guard case .integer(let number) = result, (1...CustomWorld.largestAction).contains(number) else {
                throw function.error("integer from 1 to \(CustomWorld.largestAction) expected, got \(result.shown)")
            }
            size = number
        }
        return Bound(world: self, layers: layers, actionSize: size)
    }

    /// One tensor, or a table of tensors by layer name.
    private func weights(_ weights: [Tensor], of layers: [EditedLayer]) throws -> LuaValue {
        if weights.count == 1 { return try host.value(of: weights[0]) }
        let table = try host.makeTable()
        for (weight, layer) in zip(weights, layers) { try table.set(layer.name, weight) }
        return .table(table)
    }

    private struct Bound: BoundWorld {
        let world: CustomWorld
        let layers: [EditedLayer]
        let actionSize: Int

        func apply(
            _ action: UnsafeBufferPointer<Float>, to edits: [LayerEdit], progress: Double
        ) throws -> [LayerEdit] {
            let current = try zip(edits, layers).map { try $0.weights(of: $1).reshaped($1.shape) }
            let arguments = [
                try world.weights(current, of: layers), try world.host.value(of: Tensor(Array(action))),
            ]
            let result = try world.apply.call(arguments).first ?? .nil
            return try layers.map { layer in
                let tensor = try read(result, layer)
                guard tensor.shape == layer.shape || tensor.shape == [layer.rows, layer.columns] else {
                    throw world.apply.error(
                        "weights of shape \(layer.shape) expected for layer '\(layer.name)', got \(tensor.shape)")
                }
                return .weights(try tensor.reshaped([layer.rows, layer.columns]))
            }
        }

        private func read(_ result: LuaValue, _ layer: EditedLayer) throws -> Tensor {
            var value = result
            if case .table(let table) = result {
                value = try table.get(layer.name)
            } else if layers.count > 1 {
                throw world.apply.error("table of tensors by layer name expected, got \(result.typeName)")
            }
            guard let tensor = try world.host.read(value, as: Tensor.self) else {
                throw world.apply.error("tensor expected for layer '\(layer.name)', got \(value.typeName)")
            }
            return tensor
        }
    }
}

extension LuaValue {
    /// The value in a message: numbers as they are, else the type.
    var shown: String {
        switch self {
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        default: typeName
        }
    }
}
