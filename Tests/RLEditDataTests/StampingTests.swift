import RLEditData
import RLEditTensor
import Testing

@Suite("A patch in every picture of a set")
struct StampingTests {
    private func bytes(normalization: Normalization? = nil) throws -> ExampleSet {
        try ExampleSet(
            name: "a", source: "test", bytes: (0..<36).map { UInt8($0) }, divisor: 255, normalization: normalization,
            exampleShape: [2, 3, 3], labels: [4, 1])
    }

    @Test("bytes and floats get the same levels in every channel, at the patch's place only")
    func levels() throws {
        let patch = try Tensor([1, 0, 0.5, 1], shape: [2, 2])
        let set = try bytes()
        let stamped = try set.stamped(with: patch, row: 1, column: 0)
        var expected = try set.allInputs().scalars
        for example in 0..<2 {
            for channel in 0..<2 {
                let start = 18 * example + 9 * channel
                for (place, level) in [(3, 1), (4, 0), (6, Float(128) / 255), (7, 1)] {
                    expected[start + place] = level
                }
            }
        }
        #expect(try stamped.allInputs().scalars == expected)
        #expect(stamped.orderedLabels == [4, 1] && stamped.name == "a")
        #expect(try set.allInputs().scalars == (0..<36).map { Float($0) / 255 })
        let floats = try ExampleSet(name: "b", source: "test", inputs: set.allInputs(), labels: [4, 1])
        let other = try floats.stamped(with: patch, row: 1, column: 0).allInputs().scalars
        #expect(zip(other, expected).allSatisfy { abs($0 - $1) <= 0.5 / 255 + 1e-6 })
    }

    @Test("a patch with channels, on a selection, before the normalization")
    func channels() throws {
        let normalization = try Normalization(mean: [0.5, 0.25], deviation: [0.5, 2])
        let set = try bytes(normalization: normalization).subset([1])
        let stamped = try set.stamped(with: Tensor([1, 0], shape: [2, 1, 1]), row: 2, column: 2)
        let values = try stamped.allInputs().scalars
        #expect(values[8] == 1 && values[17] == -0.125)
        #expect(try Array(values[..<8]) == Array(set.allInputs().scalars[..<8]))
        #expect(stamped.orderedLabels == [1])
    }

    @Test("what does not lie within the pictures, and what is no picture, is refused")
    func refusals() throws {
        func message(_ set: ExampleSet, _ patch: Tensor, row: Int = 0, column: Int = 0) -> String {
            do {
                _ = try set.stamped(with: patch, row: row, column: column)
                return ""
            } catch { return "\(error)" }
        }
        let one = try Tensor([1], shape: [1, 1])
        #expect(
            message(try bytes(), one, row: 3).hasSuffix(
                "a patch within pictures of 3×3 expected, got 1×1 with its corner at row 4, column 1"))
        #expect(message(try bytes(), one, column: -1).hasSuffix("row 1, column 0"))
        #expect(message(try bytes(), try Tensor([2], shape: [1, 1])).hasSuffix("levels from 0 to 1 expected, got 2.0"))
        #expect(message(try bytes(), try Tensor([.nan], shape: [1, 1])).contains("levels from 0 to 1 expected"))
        #expect(
            message(try bytes(), Tensor([1])).hasSuffix(
                "a patch of shape [height, width] or [2, height, width] expected, got [1]"))
        let vectors = try ExampleSet(
            name: "v", source: "test", inputs: Tensor([1, 2], shape: [2, 1]), labels: [0, 0])
        #expect(
            message(vectors, one).hasSuffix(
                "pictures of shape [channels, height, width] expected, got examples of shape [1]"))
    }
}
