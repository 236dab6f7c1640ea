import RLEditBaselines
import RLEditData
import RLEditNN
import RLEditTensor
import Testing

@Suite("Cost")
struct CostTests {
    @Test("A backward pass counts as two forward ones, in thousands")
    func kfe() {
        #expect(Cost(forwards: 500, backwards: 250).kfe == 1)
        #expect(Cost().kfe == 0)
    }

    @Test("Methods that train count every pass over every example")
    func training() throws {
        let tiny = try TinyProblem(forget: 5, retain: 7)
        func cost(_ method: any UnlearningMethod) throws -> [Double] {
            let cost = try method.run(tiny.problem()).cost
            return [cost.forwards, cost.backwards]
        }
        #expect(try cost(FineTune()) == [70, 70])
        #expect(try cost(GradientAscent()) == [5, 5])
        #expect(try cost(RandomLabel()) == [60, 60])
        // The saliency costs a pass over the forget set.
        #expect(try cost(SalUn()) == [65, 65])
        // Three steps, one per epoch: each of 7 retain and 5 forget examples.
        #expect(try cost(NegGradPlus()) == [36, 36])
        // The teacher answers once to all; two epochs of three leave it.
        let trained: Double = 3 * 7 + 2 * 5
        #expect(try cost(SCRUB()) == [12 + trained, trained])
        // One backward pass per class.
        #expect(try cost(FisherForgetting()) == [7, 21])
        #expect(try cost(SelectiveSynapticDampening()) == [12, 12])
        #expect(try cost(Retrain()) == [14, 14])
        #expect(try cost(BiasEdit()) == [0, 0])
    }

    @Test("An ascent that stops also counts the looks at its accuracy")
    func stopped() throws {
        let tiny = try TinyProblem(forget: 5, retain: 7)
        var method = GradientAscent.stopped
        (method.epochs, method.stopAccuracy) = (3, 1)
        // Stops after the first step, whatever the accuracy.
        let cost = try method.run(tiny.problem()).cost
        #expect(cost.forwards == 10 && cost.backwards == 5)
    }

    @Test("Passes through the last layers count by their share of the multiply-adds")
    func suffix() throws {
        let tiny = try TinyProblem(forget: 5, retain: 7)
        // 4 · 5 multiply-adds before the edited layer, 5 · 3 in it.
        let share = 15.0 / 35
        var edit = GradientEdit(.weights, layers: ["fc2"])
        edit.steps = 2
        let cost = try edit.run(tiny.problem()).cost
        #expect(abs(cost.forwards - (12 * (1 - share) + 2 * 12 * share)) < 1e-9)
        #expect(abs(cost.backwards - 2 * 12 * share) < 1e-9)
        var pruning = GreedyPruning(layers: ["fc2"])
        pruning.maximumRemoved = 1
        // The unedited layer, then its 3 rows and 5 columns.
        #expect(abs(try pruning.run(tiny.problem()).cost.forwards - (12 * (1 - share) + 9 * 12 * share)) < 1e-9)
    }

    @Test("A convolution's multiply-adds count at every place of its output")
    func convolution() throws {
        let network = try Models.digitCNN(random: RandomStream(seed: 0))
        let convolutions: Double = 16 * 9 * 784 + 32 * 16 * 9 * 196
        let dense: Double = 1568 * 128 + 128 * 32 + 32 * 10
        let expected = convolutions + dense
        #expect(network.multiplyAdds == expected)
        let edited = try #require(network.nodeIndex(named: "fc2"))
        #expect(try NetworkSplit(network, at: [edited]).suffix.multiplyAdds == 128 * 32 + 32 * 10)
    }
}
