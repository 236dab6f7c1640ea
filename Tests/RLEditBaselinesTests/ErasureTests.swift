import RLEditBaselines
import RLEditData
import RLEditNN
import RLEditTensor
import RLEditWorlds
import Testing

@Suite("Erasure of groups from what enters a layer")
struct ErasureTests {
    private func examples(_ inputs: [Float] = DebiasingGolden.inputs, width: Int = 5) throws -> ExampleSet {
        let set = try ExampleSet(
            name: "set", source: "test", inputs: Tensor(inputs, shape: [40, width]), labels: (0..<40).map { $0 % 2 })
        let members = (0..<3).map { group in
            DebiasingGolden.groups.indices.filter { DebiasingGolden.groups[$0] == group }
        }
        return try set.withGroups(names: ["a", "b", "c"], members: members)
    }

    private func network(_ width: Int = 5) throws -> Network {
        try Network(
            inputShape: [width], layers: [("fc1", Linear(width, 4)), ("act", Activation.tanh), ("fc2", Linear(4, 2))],
            random: RandomStream(seed: 1))
    }

    private func run(
        _ method: any DebiasingMethod, _ network: Network, _ sets: [DebiasingRole: ExampleSet]
    ) throws -> Network {
        try method.run(DebiasingProblem(network: network, sets: sets, seed: 0, pool: WorkerPool(workers: 1))).network
    }

    @Test("LEACE's projection is the published one, INLP's is scikit-learn's")
    func projections() throws {
        func largest(_ mine: [Double], _ theirs: [Double]) -> Double {
            mine.count == theirs.count ? zip(mine, theirs).map { abs($0 - $1) }.max() ?? 0 : .infinity
        }
        var leace = LEACE()
        leace.ridge = 1e-9
        let set = try examples()
        let found = try leace.erasure(set.allInputs(), groups: #require(set.groups))
        #expect(largest(found.projection, DebiasingGolden.leace) < 1e-5)
        let wide = try examples(DebiasingGolden.wide, width: 8)
        for (rounds, expected) in [(1, DebiasingGolden.oneRound), (2, DebiasingGolden.twoRounds)] {
            var inlp = INLP()
            (inlp.rounds, inlp.iterations) = (rounds, 3000)
            let erasure = try inlp.erasure(wide.allInputs(), groups: #require(wide.groups))
            #expect(largest(erasure.projection, expected) < 1e-4, "\(rounds)")
        }
        // Rounds end when nothing is left of five numbers.
        var inlp = INLP()
        inlp.rounds = 50
        let all = try inlp.erasure(set.allInputs(), groups: #require(set.groups)).projection
        #expect(largest(all, (0..<25).map { $0 % 6 == 0 ? 1 : 0 }) < 1e-6)
    }

    @Test("after LEACE a layer sees every group with the same mean, whatever the ridge", arguments: [1e-6, 0.1])
    func erased(ridge: Double) throws {
        let set = try examples()
        let before = try network()
        var method = LEACE(layer: "fc1")
        method.ridge = ridge
        let after = try run(method, before, [.set: set])
        func outputs(_ network: Network) throws -> [Float] {
            let weight = try #require(network.parameter("fc1.weight"))
            return try set.allInputs().matmul(weight, transposeOther: true)
                .add(#require(network.parameter("fc1.bias")).reshaped([1, 4])).scalars
        }
        func mean(_ outputs: [Float], _ rows: [Int]) -> [Double] {
            (0..<4).map { unit in rows.reduce(0.0) { $0 + Double(outputs[$1 * 4 + unit]) } / Double(rows.count) }
        }
        func spread(_ network: Network) throws -> Double {
            let outputs = try outputs(network)
            let means = (0..<4).map { group in
                mean(outputs, DebiasingGolden.groups.indices.filter { DebiasingGolden.groups[$0] == group })
            }
            return (0..<4).map { unit in
                let column = means.map { $0[unit] }
                return (column.max() ?? 0) - (column.min() ?? 0)
            }.max() ?? 0
        }
        #expect(try spread(before) > 0.1)
        #expect(try spread(after) < 1e-5)
        // The mean over all stays where it was, and so do other layers.
        for (new, old) in zip(mean(try outputs(after), Array(0..<40)), mean(try outputs(before), Array(0..<40))) {
            #expect(abs(new - old) < 1e-5)
        }
        #expect(after.parameter("fc2.weight") == before.parameter("fc2.weight"))
    }

    @Test("the layer is trained on what is left, so that the erasure lasts", arguments: ["leace", "inlp"])
    func refitted(name: String) throws {
        let set = try examples()
        let before = try network()
        var method = try #require(Baselines.debiasing.first { $0.name == name })
        method.layer = "fc1"
        let bare = try run(method, before, [.set: set])
        let after = try run(method, before, [.set: set, .utility: set])
        #expect(after.parameter("fc1.weight") != bare.parameter("fc1.weight"))
        #expect(after.parameter("fc2.weight") != before.parameter("fc2.weight"))
        // Directions that are gone stay gone: W P = 0.
        let groups = try #require(set.groups)
        let projection =
            try name == "leace"
            ? LEACE().erasure(set.allInputs(), groups: groups).projection
            : INLP().erasure(set.allInputs(), groups: groups).projection
        let left = try #require(after.parameter("fc1.weight")).matmul(
            Tensor(projection.map { Float($0) }, shape: [5, 5]))
        #expect(left.scalars.allSatisfy { abs($0) < 1e-4 })
    }

    @Test("says what is missing")
    func errors() throws {
        let bare = try Network(
            inputShape: [5], layers: [("fc1", Linear(5, 2, bias: false))], random: RandomStream(seed: 1))
        for method in [LEACE(), INLP()] as [any DebiasingMethod] {
            #expect(throws: BaselineError.unsuitableSet("set", reason: "has no groups to erase")) {
                try run(method, network(), [.set: examples().withGroups(nil)])
            }
            #expect(throws: BaselineError.unsuitableSet("set", reason: "is missing")) {
                try run(method, network(), [:])
            }
            #expect(throws: WorldError.self) { try run(method, bare, [.set: examples()]) }
            var other = method
            other.layer = "act"
            #expect(throws: WorldError.self) { try run(other, network(), [.set: examples()]) }
        }
        let alone = try examples().withGroups(names: ["a"], members: [Array(0..<40)])
        #expect(throws: BaselineError.self) { try run(INLP(), network(), [.set: alone]) }
    }
}
