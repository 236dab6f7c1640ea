import RLEditCore
import RLEditNN
import RLEditRuns
import RLEditTensor
import RLEditWorlds
import Testing

@Suite("Deltas")
struct DeltaTests {
    private func network(_ seed: UInt64 = 1) throws -> Network {
        try Network(
            inputShape: [6], layers: [("fc1", Linear(6, 4)), ("relu", Activation(.relu)), ("fc2", Linear(4, 3))],
            random: RandomStream(seed: seed))
    }

    private func layer(_ network: Network, _ name: String = "fc1") throws -> EditedLayer {
        let weight = try #require(network.parameter("\(name).weight"))
        return try EditedLayer(name: name, parameterName: "\(name).weight", weight: weight)
    }

    private func edits() throws -> [(kind: String, edit: LayerEdit)] {
        let factors = try LowRankFactors(
            left: try Tensor((0..<8).map { 0.1 * Float($0) - 0.3 }, shape: [4, 2]),
            right: try Tensor((0..<12).map { 0.2 - 0.05 * Float($0) }, shape: [2, 6]))
        return [
            ("shift", .shift(factors)),
            ("mask", .mask(accumulated: try Tensor(repeating: 0.5, shape: [4, 6]), factors: factors)),
            ("weights", .weights(try Tensor(repeating: 0.25, shape: [4, 6]))),
        ]
    }

    @Test("A delta survives its file form, is applied to the base and reverted to the bit")
    func roundTrip() throws {
        let base = try network()
        let folder = try TemporaryFolder()
        for (kind, edit) in try edits() {
            let layers = [try layer(base), try layer(base, "fc2")]
            let delta = try Delta(world: "ShiftWorld", layers: layers, edits: [edit, .unchanged])
            #expect(delta.layers.map(\.change.kind) == [kind])
            #expect(try Delta(tensors: delta.tensors, metadata: delta.metadata) == delta)
            try delta.write(to: folder.file("delta.safetensors"))
            #expect(try Delta.read(folder.file("delta.safetensors")) == delta)
            let edited = try delta.applied(to: base)
            #expect(try edited.parameter("fc1.weight") == edit.weights(of: layers[0]))
            #expect(edited.parameter("fc1.weight") != base.parameter("fc1.weight"))
            #expect(edited.parameter("fc2.weight") == base.parameter("fc2.weight"))
            let reverted = try delta.reverted(from: edited)
            for name in base.parameterNames { #expect(reverted.parameter(name) == base.parameter(name)) }
        }
    }

    /// `fc1` as `[W | b]`, `[4, 7]`.
    private func layerWithBias(_ network: Network) throws -> EditedLayer {
        let bias = try #require(network.parameter("fc1.bias"))
        let layer = try layer(network)
        return try EditedLayer(
            name: "fc1", parameterName: layer.parameterName, weight: layer.base, bias: ("fc1.bias", bias))
    }

    private func editsWithBias() throws -> [LayerEdit] {
        let factors = try LowRankFactors(
            left: try Tensor((0..<8).map { 0.1 * Float($0) - 0.3 }, shape: [4, 2]),
            right: try Tensor((0..<14).map { 0.2 - 0.05 * Float($0) }, shape: [2, 7]))
        return [
            .shift(factors), .mask(accumulated: try Tensor(repeating: 0.5, shape: [4, 7]), factors: factors),
            .weights(try Tensor(repeating: 0.25, shape: [4, 7])),
        ]
    }

    @Test("A delta of weights and bias survives its file form, is applied to both and reverted to the bit")
    func withBias() throws {
        let base = try network()
        let folder = try TemporaryFolder()
        for edit in try editsWithBias() {
            let layer = try layerWithBias(base)
            let delta = try Delta(world: "MaskWorld", layers: [layer], edits: [edit])
            #expect(delta.layers.map(\.bias?.parameter) == ["fc1.bias"])
            try delta.write(to: folder.file("delta.safetensors"))
            #expect(try Delta.read(folder.file("delta.safetensors")) == delta)
            let edited = try delta.applied(to: base)
            let weights = try edit.weights(of: layer).scalars
            #expect(edited.parameter("fc1.bias")?.scalars == (0..<4).map { weights[7 * $0 + 6] })
            #expect(
                edited.parameter("fc1.weight")?.scalars
                    == weights.indices.filter { $0 % 7 != 6 }.map { weights[$0] })
            let reverted = try delta.reverted(from: edited)
            for name in base.parameterNames { #expect(reverted.parameter(name) == base.parameter(name)) }
            let map = try #require(try delta.layers[0].map())
            #expect(map.parameter == "fc1.weight | fc1.bias" && map.columns == 7)
        }
    }

    @Test("A delta of weights and bias is refused where the bias is another or its entries do not fit")
    func refusedWithBias() throws {
        let base = try network()
        let delta = try Delta(world: "ShiftWorld", layers: [layerWithBias(base)], edits: [editsWithBias()[0]])
        var other = base
        try other.setParameter("fc1.bias", .ones([4]))
        #expect(
            failure { _ = try delta.applied(to: other) }?
                .hasPrefix("the delta was made for another model: 'fc1.bias' has SHA-256 ") == true)
        other = try delta.applied(to: base)
        try other.setParameter("fc1.bias", .ones([4]))
        #expect(
            failure { _ = try delta.reverted(from: other) }?
                .hasPrefix("cannot revert: 'fc1.bias' does not carry this edit") == true)
        func reason(_ change: (inout [String: Tensor]) throws -> Void) rethrows -> String? {
            var tensors = delta.tensors
            try change(&tensors)
            return failure { _ = try Delta(tensors: tensors, metadata: delta.metadata) }
        }
        #expect(
            reason { $0["fc1.bias.original"] = nil } == "not a usable delta: tensor 'fc1.bias.original' is missing")
        #expect(
            try reason { $0["fc1.bias.original"] = try .zeros([5]) }
                == "not a usable delta: 'fc1.bias.original' has shape [5], expected [4]")
        #expect(
            try reason { $0["fc1.bias.original"] = try .zeros([4]) }
                == "not a usable delta: the original values of 'fc1.bias' do not match their SHA-256")
        #expect(
            try reason { $0["fc1.weight.right"] = try .zeros([2, 6]) }
                == "not a usable delta: factors [4, 2] and [2, 6] of 'fc1.weight' do not make [4, 7]")
    }

    @Test("Another base, an unedited model and a missing parameter are told apart")
    func refused() throws {
        let base = try network()
        let (_, edit) = try edits()[0]
        let delta = try Delta(world: "ShiftWorld", layers: [layer(base)], edits: [edit])
        #expect(
            failure { _ = try delta.applied(to: network(2)) }?
                .hasPrefix("the delta was made for another model: 'fc1.weight' has SHA-256 ") == true)
        #expect(
            failure { _ = try delta.applied(to: delta.applied(to: base)) }?.contains("another model") == true)
        #expect(
            failure { _ = try delta.reverted(from: base) }?
                .hasPrefix("cannot revert: 'fc1.weight' does not carry this edit") == true)
        let other = try Network(inputShape: [6], layers: [("head", Linear(6, 4))], random: RandomStream(seed: 1))
        #expect(
            failure { _ = try delta.applied(to: other) }
                == "the delta edits 'fc1.weight', which the model does not have")
    }

    @Test("Files that do not fit together are refused with the reason")
    func malformed() throws {
        let delta = try Delta(world: "ShiftWorld", layers: [layer(network())], edits: [edits()[0].edit])
        func reason(_ change: (inout [String: Tensor], inout [String: String]) throws -> Void) rethrows -> String? {
            var tensors = delta.tensors
            var metadata = delta.metadata
            try change(&tensors, &metadata)
            return failure { _ = try Delta(tensors: tensors, metadata: metadata) }
        }
        #expect(
            reason { _, metadata in metadata["rledit.kind"] = nil }
                == "not a usable delta: the file does not say that it is a delta")
        #expect(
            reason { tensors, _ in tensors["fc1.weight.left"] = nil }
                == "not a usable delta: tensor 'fc1.weight.left' is missing")
        #expect(
            try reason { tensors, _ in tensors["fc1.weight.right"] = try .zeros([2, 5]) }
                == "not a usable delta: factors [4, 2] and [2, 5] of 'fc1.weight' do not make [4, 6]")
        #expect(
            try reason { tensors, _ in tensors["fc1.weight.original"] = try .zeros([4, 6]) }
                == "not a usable delta: the original values of 'fc1.weight' do not match their SHA-256")
        #expect(
            reason { _, metadata in metadata["rledit.layers"] = "[{}]" }
                == "not a usable delta: an entry of 'rledit.layers' lacks a field")
    }
}
