import RLEditBaselines
import RLEditData
import RLEditNN
import RLEditTensor
import RLEditWorlds
import Testing

@Suite("Edits by gradient and by pruning")
struct EditTests {
    @Test("changes the weights of the named layers only", arguments: GradientEdit.Form.allCases)
    func place(form: GradientEdit.Form) throws {
        let tiny = try TinyProblem()
        var method = GradientEdit(form, layers: ["fc1"])
        method.steps = 5
        let after = try method.run(tiny.problem()).network
        for name in after.parameterNames {
            #expect((after.parameter(name) == tiny.network.parameter(name)) == (name != "fc1.weight"), "\(name)")
        }
    }

    @Test("edits several layers at once", arguments: GradientEdit.Form.allCases)
    func several(form: GradientEdit.Form) throws {
        let tiny = try TinyProblem()
        var method = GradientEdit(form, layers: ["fc2", "fc1"])
        method.steps = 5
        let after = try method.run(tiny.problem()).network
        let changed = after.parameterNames.filter { after.parameter($0) != tiny.network.parameter($0) }
        #expect(changed == ["fc1.weight", "fc2.weight"])
    }

    @Test("The gradient with respect to the factors agrees with central differences", arguments: [1, 2])
    func factors(rank: Int) throws {
        let tiny = try TinyProblem()
        let weight = try #require(tiny.network.parameter("fc1.weight"))
        let layer = try EditedLayer(name: "fc1", parameterName: "fc1.weight", weight: weight)
        for form in [GradientEdit.Form.mask, .shift] {
            var descent = try FactorDescent(form, [layer], rank: rank, seed: 3)
            /// Mean cross entropy of the retain set with the edit of an action.
            func loss(_ edits: [LayerEdit]) throws -> NetworkGradient {
                var network = tiny.network
                try network.setParameter("fc1.weight", try edits[0].weights(of: layer))
                return try network.gradient(
                    tiny.retain.allInputs(), .classes(tiny.retain.labels), loss: .crossEntropy)
            }
            // Away from the start, where A is 0 and the gradient with respect to B with it.
            var random = RandomStream(seed: 8)
            let place = try Tensor(
                (0..<descent.action.count).map { _ in random.uniform(-0.4, 0.4) }, shape: descent.action.shape)
            descent.action = place
            let edits = try descent.edits()
            let gradient = try descent.actionGradient(edits, gradients: [try loss(edits).parameters[0]])
            let step: Float = 1.0 / 64
            for index in 0..<place.count {
                var ends: [Double] = []
                for sign: Float in [1, -1] {
                    var values = place.scalars
                    values[index] += sign * step
                    descent.action = try Tensor(values, shape: place.shape)
                    ends.append(Double(try loss(try descent.edits()).loss))
                }
                let slope = (ends[0] - ends[1]) / Double(2 * step)
                #expect(abs(slope - Double(gradient.scalars[index])) < 2e-3, "\(form) \(index)")
            }
        }
    }

    @Test("Pruning zeroes the row that carries the class to forget")
    func pruning() throws {
        // Each class has an input of its own; class 2 alone goes through row 2.
        let tiny = try TinyProblem()
        var network = try Network(inputShape: [3], layers: [("fc", Linear(3, 3))], random: RandomStream(seed: 0))
        try network.setParameter("fc.weight", try Tensor([1, 0, 0.1, 0, 1, 0, 0, 0, 1], shape: [3, 3]))
        try network.setParameter("fc.bias", try Tensor.zeros([3]))
        func set(_ label: Int) throws -> ExampleSet {
            let row: [Float] = (0..<3).map { $0 == label ? 1 : 0 }
            return try ExampleSet(
                name: "s", source: "test", inputs: Tensor(row + row, shape: [2, 3]), labels: [label, label])
        }
        let problem = UnlearningProblem(
            network: network, forget: try set(2), retain: try set(0).concat(try set(1)), seed: 0,
            pool: tiny.problem().pool)
        let result = try GreedyPruning(layers: ["fc"]).run(problem).network
        #expect(result.parameter("fc.weight")?.scalars == [1, 0, 0.1, 0, 1, 0, 0, 0, 0])
    }

    @Test("names a layer that is not there, is named twice, or has no weights")
    func layers() throws {
        let tiny = try TinyProblem()
        func message(_ layers: [String]) -> String {
            do { _ = try GradientEdit(.weights, layers: layers).run(tiny.problem()) } catch { return "\(error)" }
            return "no error"
        }
        #expect(message(["fc3"]).hasPrefix("unknown layer 'fc3' (did you mean 'fc1'?)"))
        #expect(message(["fc1", "fc1"]) == "layer 'fc1' is named twice")
        #expect(message(["act"]).hasPrefix("layer 'act' cannot be edited: a Tanh has no weights"))
    }
}
