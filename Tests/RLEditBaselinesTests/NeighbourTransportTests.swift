import RLEditBaselines
import RLEditCore
import RLEditData
import RLEditNN
import RLEditTensor
import Testing

@Suite("Transport to neighbours")
struct NeighbourTransportTests {
    /// Rows of doubles.
    typealias Rows = [[Double]]

    /// The regression is convex: the edit is right when the gradient of what it minimizes is 0, which takes no solver. With
    /// three examples the system has a row for each of them, with twelve a row for each of the four inputs.
    @Test(
        "the edit is where the regression's gradient is zero, whichever system was solved", arguments: [(1, 2), (5, 7)])
    func optimum(forgetCount: Int, retainCount: Int) throws {
        let tiny = try TinyProblem(forget: forgetCount, retain: retainCount)
        var method = NeighbourTransport(layers: ["fc1"])
        (method.neighbours, method.classShare, method.ridge, method.biasAmount) = (2, 0.25, 0.05, nil)
        let edited = try method.run(tiny.problem()).network

        let forget = try rows(tiny.forget.allInputs()), retain = try rows(tiny.retain.allInputs())
        let weight = try rows(#require(tiny.network.parameter("fc1.weight")))
        let bias = try #require(tiny.network.parameter("fc1.bias")).scalars.map(Double.init)
        func outputs(_ inputs: Rows) -> Rows {
            inputs.map { h in zip(weight, bias).map { row, b in zip(row, h).reduce(b) { $0 + $1.0 * $1.1 } } }
        }
        let (forgetOutputs, retainOutputs) = (outputs(forget), outputs(retain))
        let mean = (0..<4).map { unit in retain.reduce(0) { $0 + $1[unit] } / Double(retain.count) }
        // Class 2 is to be forgotten: answers of classes 0 and 1 alone, and what their examples leave the layer as.
        let means = (0..<2).map { label in
            let own = zip(retainOutputs, tiny.retain.labels).filter { $0.1 == label }.map(\.0)
            return (0..<5).map { unit in own.reduce(0) { $0 + $1[unit] } / Double(own.count) }
        }
        let last = try rows(#require(tiny.network.parameter("fc2.weight")))
        let lastBias = try #require(tiny.network.parameter("fc2.bias")).scalars.map(Double.init)
        func answer(_ outputs: [Double]) -> [Double] {
            let odds = (0..<2).map { label in
                PortableMath.exp(zip(last[label], outputs).reduce(lastBias[label]) { $0 + $1.0 * $1.1.tanh })
            }
            return odds.map { $0 / (odds[0] + odds[1]) }
        }
        // The next layer reads tanh of what leaves this one.
        let wanted = forgetOutputs.map { own -> [Double] in
            func distance(_ other: [Double]) -> Double {
                zip(own, other).reduce(0) { $0 + ($1.0.tanh - $1.1.tanh) * ($1.0.tanh - $1.1.tanh) }
            }
            let nearest = retainOutputs.sorted { distance($0) < distance($1) }.prefix(2)
            return own.indices.map { unit in
                let near = nearest.reduce(0) { $0 + $1[unit] } / 2
                return 0.75 * near + 0.25 * zip(answer(own), means).reduce(0) { $0 + $1.0 * $1.1[unit] } - own[unit]
            }
        }
        let inputs = (forget + retain).map { zip($0, mean).map { $0 - $1 } }
        let targets = wanted + retain.map { _ in [Double](repeating: 0, count: 5) }
        let shift = 0.05 * inputs.joined().reduce(0) { $0 + $1 * $1 } / 4
        let change = zip(try rows(#require(edited.parameter("fc1.weight"))), weight).map { zip($0, $1).map { $0 - $1 } }
        for unit in 0..<5 {
            let misses = zip(inputs, targets).map { u, v in zip(change[unit], u).reduce(-v[unit]) { $0 + $1.0 * $1.1 } }
            for input in 0..<4 {
                let slope = zip(misses, inputs).reduce(shift * change[unit][input]) { $0 + $1.0 * $1.1[input] }
                #expect(abs(slope) < 2e-5)
            }
            // The retain mean leaves the layer as it did.
            let moved = try Double(#require(edited.parameter("fc1.bias")).scalars[unit]) - bias[unit]
            #expect(abs(moved + zip(change[unit], mean).reduce(0) { $0 + $1.0 * $1.1 }) < 1e-5)
        }
    }

    @Test("examples to forget come near their neighbours, those to keep stay, and a fresh probe is misled")
    func moves() throws {
        let small = try SmallProblem.shared.get()
        var method = NeighbourTransport(layers: ["fc1"])
        let edited = try method.run(small.problem())
        func probe(_ network: Network) throws -> Double {
            try LinearProbe().recall(
                network, layer: "fc2", train: small.forget.concat(small.retain), test: small.heldForget)
        }
        #expect(try probe(edited.network) < probe(small.network))
        // One pass to the layer for what enters it, one through it for what is read of it.
        #expect(edited.cost.backwards == 0)
        #expect(edited.cost.forwards > 0 && edited.cost.forwards < Double(small.forget.count + small.retain.count))
        // Without help from the output bias, on images that the regression has not seen.
        method.biasAmount = nil
        let alone = try small.judge(method.run(small.problem()).network)
        #expect(try alone.forget < small.judge(small.network).forget - 0.2, "\(alone)")
    }

    @Test("settings that make no sense are refused by the field")
    func settings() throws {
        let problem = try TinyProblem().problem()
        for (field, change) in [
            ("neighbours", { $0.neighbours = 0 }), ("classShare", { $0.classShare = 1.5 }), ("ridge", { $0.ridge = 0 }),
            ("ridge", { $0.ridge = .nan }),
            ("biasAmount", { $0.biasAmount = -1 }),
        ] as [(String, (inout NeighbourTransport) -> Void)] {
            var method = NeighbourTransport(layers: ["fc1"])
            change(&method)
            let error = #expect(throws: ConfigurationError.self) { _ = try method.run(problem) }
            #expect(error?.description.contains(field) == true)
        }
    }

    private func rows(_ tensor: Tensor) throws -> Rows {
        let width = tensor.shape[1]
        let values = tensor.scalars.map(Double.init)
        return (0..<tensor.shape[0]).map { Array(values[($0 * width)..<(($0 + 1) * width)]) }
    }
}

extension Double {
    fileprivate var tanh: Double { 1 - 2 / (PortableMath.exp(2 * self) + 1) }
}
