import RLEditData
import RLEditTensor
import Testing

@Suite("What is known of examples beside their inputs")
struct LabellingTests {
    private func set(_ labels: [Int], classNames: [String] = [], weights: [Float]? = nil) throws -> ExampleSet {
        try ExampleSet(
            name: "s", source: "t", bytes: labels.indices.map { UInt8(10 * $0) }, divisor: 255, exampleShape: [1],
            labels: labels, classNames: classNames
        ).withWeights(weights)
    }

    @Test("weights follow the examples, and are 1 where only one of two joined sets has them")
    func weights() throws {
        let weighted = try set([0, 1, 1], weights: [1, 2, 3])
        #expect(try weighted.subset([2, 0, 2]).weights == [3, 1, 3])
        #expect(weighted.partition { $0 == 1 }.matching.weights == [2, 3])
        let plain = try set([0, 1])
        #expect(try weighted.concat(plain).weights == [1, 2, 3, 1, 1])
        #expect(try plain.concat(weighted).weights == [1, 1, 1, 2, 3])
        #expect(try plain.concat(plain).weights == nil)
        #expect(try weighted.relabelled { _ in 0 }.weights == [1, 2, 3])
        #expect(try weighted.withWeights(nil).weights == nil)
    }

    @Test("weights are part of what is learned from: they change the hash")
    func hashes() throws {
        let (plain, weighted) = (try set([0, 1]), try set([0, 1], weights: [1, 2]))
        #expect(plain.examplesHash != weighted.examplesHash)
        #expect(try plain.examplesHash == weighted.withWeights(nil).examplesHash)
        let texts = try TextSet(name: "t", source: "t", texts: ["a"], labels: [0])
        #expect(try set([0], classNames: ["x"]).contentHash == set([0]).contentHash)
        #expect(texts.weights == nil && texts.classNames.isEmpty)
    }

    @Test("faulty weights are refused")
    func faultyWeights() throws {
        func fault(_ weights: [Float]) -> DataError? {
            do throws(DataError) { _ = try ExampleSet.two().withWeights(weights) } catch { return error }
            return nil
        }
        #expect(fault([1]) == .invalidWeights(.count(weights: 1, examples: 2)))
        #expect(fault([1, -0.5]) == .invalidWeights(.value(-0.5, position: 1)))
        #expect(fault([.infinity, 1]) == .invalidWeights(.value(.infinity, position: 0)))
        #expect(fault([0, 0]) == .invalidWeights(.allZero))
        #expect(fault([0, 1]) == nil)
    }

    @Test("names of classes stay while they are true")
    func classNames() throws {
        let pets = try set([0, 1, 1], classNames: ["cat", "dog"])
        #expect(pets.description == "s (t): 3 examples of [1], values 0 … 0.078; labels cat: 1, dog: 2")
        #expect(pets.shuffled(seed: 1).classNames == ["cat", "dog"] && pets.className(1) == "dog")
        #expect(pets.className(7) == "7")
        #expect(try pets.concat(pets).classNames == ["cat", "dog"])
        #expect(try pets.concat(set([0], classNames: ["ant", "bee"])).classNames.isEmpty)
        #expect(try pets.relabelled { 1 - $0 }.classNames.isEmpty)
    }

    @Test("the range of values is that of the numbers that enter a network")
    func valueRange() throws {
        let bytes = try ExampleSet(
            name: "s", source: "t", bytes: [0, 255, 51, 102], divisor: 255,
            normalization: Normalization(mean: [0.5, 0.25], deviation: [0.5, 0.25]), exampleShape: [2, 1, 1],
            labels: [0, 1])
        // Channels hold 0 and 0.2, 1 and 0.4.
        #expect(bytes.valueRange?.smallest == -1 && bytes.valueRange?.largest == 3)
        let floats = try ExampleSet(
            name: "s", source: "t", inputs: Tensor([-2.5, 3, 1, 2e7], shape: [2, 2]), labels: [0, 1])
        #expect(floats.description.contains("values -2.5 … 2e+07; labels"))
        #expect(try floats.take(0).valueRange == nil)
        #expect(try floats.take(1).valueRange?.largest == 3)
        let sparse = try ExampleSet(
            name: "s", source: "t",
            sparse: SparseRows(columns: 2, offsets: [0, 1, 3], indices: [0, 0, 1], values: [2, 3, 4]), labels: [0, 1])
        #expect(sparse.valueRange?.smallest == 0 && sparse.valueRange?.largest == 4)
        #expect(try sparse.drop(1).valueRange?.smallest == 3)
    }
}

extension ExampleSet {
    fileprivate static func two() throws(DataError) -> ExampleSet {
        try ExampleSet(name: "s", source: "t", bytes: [1, 2], divisor: 1, exampleShape: [1], labels: [0, 1])
    }
}
