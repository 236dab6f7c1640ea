import RLEditData
import RLEditTensor
import Testing

@Suite("Sets of examples")
struct ExampleSetTests {
    /// Twelve examples of two bytes; example i holds 2i and 2i + 1, its label is i mod 3.
    let set: ExampleSet
    init() throws {
        set = try ExampleSet(
            name: "twelve", source: "test", bytes: (0..<24).map { UInt8($0) }, divisor: 1, exampleShape: [2],
            labels: (0..<12).map { $0 % 3 })
    }

    /// The numbers of the examples in a set derived from `set`.
    private func numbers(_ set: ExampleSet) throws -> [Int] {
        let values = try set.allInputs().scalars
        return stride(from: 0, to: values.count, by: 2).map { Int(values[$0]) / 2 }
    }

    @Test("inputs come by range and by index, bytes divided by their divisor")
    func inputs() throws {
        #expect(set.count == 12)
        #expect(try set.inputs(1..<3).shape == [2, 2])
        #expect(try set.inputs(1..<3).scalars == [2, 3, 4, 5])
        #expect(try set.inputs(at: [11, 0, 0]).scalars == [22, 23, 0, 1, 0, 1])
        #expect(try set.inputs(at: [5, 6, 7][1...]).scalars == [12, 13, 14, 15])
        #expect(try set.inputs(12..<12).shape == [0, 2])
        #expect(try set.labels(at: [2, 3]) == [2, 0])
        let grey = try ExampleSet(
            name: "grey", source: "test", bytes: [0, 51, 255], divisor: 255, exampleShape: [1], labels: [0, 0, 0])
        #expect(try grey.allInputs().scalars == [0, 0.2, 1])
    }

    @Test("indices outside the set are errors")
    func indexErrors() {
        #expect(throws: DataError.indexOutOfRange(operation: "inputs", index: 12, count: 12)) {
            try set.inputs(10..<13)
        }
        #expect(throws: DataError.indexOutOfRange(operation: "inputs", index: -1, count: 12)) {
            try set.inputs(at: [-1])
        }
        #expect(throws: DataError.indexOutOfRange(operation: "inputs", index: .max, count: 12)) {
            try set.inputs(at: [Int.max])
        }
        #expect(throws: DataError.indexOutOfRange(operation: "subset", index: 12, count: 12)) { try set.subset([12]) }
    }

    @Test("float examples keep their tensor's values without copying")
    func floats() throws {
        let inputs = try Tensor.arange(to: 6).reshaped([3, 2])
        let floats = try ExampleSet(name: "f", source: "test", inputs: inputs, labels: [1, 0, 1])
        #expect(floats.exampleShape == [2])
        #expect(try floats.drop(1).allInputs().scalars == [2, 3, 4, 5])
    }

    @Test("inputs that do not fit the labels are refused")
    func constructionErrors() throws {
        #expect(throws: DataError.self) {
            try ExampleSet(name: "x", source: "x", inputs: Tensor.zeros([3, 2]), labels: [1, 0])
        }
        #expect(throws: DataError.shapeMismatch(operation: "example set", expected: [2, 3], actual: [5])) {
            try ExampleSet(
                name: "x", source: "x", bytes: [1, 2, 3, 4, 5], divisor: 1, exampleShape: [3], labels: [0, 1])
        }
        #expect(throws: DataError.self) {
            try ExampleSet(name: "x", source: "x", bytes: [1], divisor: 0, exampleShape: [1], labels: [0])
        }
        #expect(throws: DataError.self) {
            try ExampleSet(name: "x", source: "x", bytes: [], divisor: 1, exampleShape: [0], labels: [0])
        }
        #expect(throws: DataError.self) {
            try ExampleSet(name: "x", source: "x", bytes: [1], divisor: 1, exampleShape: [.max, 4], labels: [0])
        }
        #expect(throws: DataError.self) {
            try ExampleSet(name: "x", source: "x", bytes: [1], divisor: 1, exampleShape: [1], labels: [-1])
        }
    }

    @Test("counts of the classes come by ascending label")
    func classCounts() throws {
        let counts = try set.take(4).classCounts
        #expect(counts.map(\.label) == [0, 1, 2])
        #expect(counts.map(\.count) == [2, 1, 1])
    }

    @Test("partition keeps the order and asks once for each label, in ascending order")
    func partition() throws {
        var asked: [Int] = []
        let (ones, rest) = set.shuffled(seed: 1).partition { label in
            asked.append(label)
            return label == 1
        }
        #expect(asked == [0, 1, 2])
        #expect(ones.labels == [1, 1, 1, 1])
        #expect(rest.count == 8)
        #expect(try numbers(ones) == numbers(set.shuffled(seed: 1)).filter { $0 % 3 == 1 })
        #expect(try (numbers(ones) + numbers(rest)).sorted() == Array(0..<12))
        struct Refusal: Error {}
        #expect(throws: Refusal.self) { try set.partition { _ throws(Refusal) in throw Refusal() } }
    }

    @Test("take and drop cut the set, and name both numbers when it is too small")
    func takeAndDrop() throws {
        #expect(try numbers(set.take(3)) == [0, 1, 2])
        #expect(try numbers(set.drop(10)) == [10, 11])
        #expect(try set.take(0).isEmpty)
        #expect(try set.take(12).count == 12)
        let error = #expect(throws: DataError.self) { try set.take(13) }
        #expect(error.map { "\($0)" } == "take: 13 examples were asked for, but set 'twelve' holds 12")
        #expect(throws: DataError.self) { try set.drop(13) }
        #expect(throws: DataError.self) { try set.take(-1) }
        // Selections of selections still name the right examples.
        #expect(try numbers(set.drop(2).take(5).subset([4, 0])) == [6, 2])
    }

    @Test("shuffling depends on the seed alone and loses nothing")
    func shuffle() throws {
        let shuffled = set.shuffled(seed: 5)
        #expect(try numbers(shuffled) == numbers(set.shuffled(seed: 5)))
        #expect(try numbers(shuffled) != numbers(set.shuffled(seed: 6)))
        #expect(try numbers(shuffled).sorted() == Array(0..<12))
        #expect(try shuffled.labels == numbers(shuffled).map { $0 % 3 })
    }

    @Test("splits by fraction and by counts")
    func split() throws {
        let (first, rest) = try set.split(fraction: 0.75)
        #expect(first.count == 9)
        #expect(try numbers(rest) == [9, 10, 11])
        #expect(try set.split(fraction: 0).first.isEmpty)
        #expect(try set.split(counts: [2, 0, 3]).map { try numbers($0) } == [[0, 1], [], [2, 3, 4]])
        #expect(throws: DataError.self) { try set.split(fraction: 1.5) }
        #expect(throws: DataError.self) { try set.split(fraction: .nan) }
        #expect(throws: DataError.self) { try set.split(counts: [10, 3]) }
        #expect(throws: DataError.self) { try set.split(counts: [-1]) }
        #expect(throws: DataError.self) { try set.split(counts: [.max, .max]) }
    }

    @Test("concatenation joins parts of one set, sets of bytes, and bytes with floats")
    func concat() throws {
        let parts = try set.drop(10).concat(set.take(2))
        #expect(try numbers(parts) == [10, 11, 0, 1])
        #expect(parts.labels == [1, 2, 0, 1])
        let other = try ExampleSet(
            name: "other", source: "else", bytes: [100, 101], divisor: 1, exampleShape: [2], labels: [9])
        let bytes = try set.drop(11).concat(other)
        #expect(try bytes.allInputs().scalars == [22, 23, 100, 101])
        #expect(bytes.source == "test+else")
        let floats = try ExampleSet(
            name: "floats", source: "test", inputs: Tensor([0.5, 1.5], shape: [1, 2]), labels: [4])
        #expect(try set.take(1).concat(floats).allInputs().scalars == [0, 1, 0.5, 1.5])
        #expect(try floats.concat(set.take(1)).allInputs().scalars == [0.5, 1.5, 0, 1])
        let wide = try ExampleSet(name: "wide", source: "x", bytes: [1], divisor: 1, exampleShape: [1], labels: [0])
        #expect(throws: DataError.shapeMismatch(operation: "concat", expected: [2], actual: [1])) {
            try set.concat(wide)
        }
    }

    @Test("equal contents have equal hashes however they came about; any change gives another")
    func contentHash() throws {
        let rebuilt = try ExampleSet(
            name: "another name", source: "another source", bytes: (0..<24).map { UInt8($0) }, divisor: 1,
            exampleShape: [2], labels: (0..<12).map { $0 % 3 })
        #expect(rebuilt.contentHash == set.contentHash)
        #expect(try set.take(5).concat(set.drop(5)).contentHash == set.contentHash)
        var others = [
            try set.take(11), set.shuffled(seed: 1), try set.subset([1, 0] + Array(2..<12)),
            try ExampleSet(
                name: "x", source: "x", bytes: (0..<24).map { UInt8($0) }, divisor: 2, exampleShape: [2],
                labels: set.labels),
            try ExampleSet(
                name: "x", source: "x", bytes: (0..<24).map { UInt8($0) }, divisor: 1, exampleShape: [2, 1],
                labels: set.labels),
            try ExampleSet(
                name: "x", source: "x", bytes: (0..<24).map { UInt8($0) }, divisor: 1, exampleShape: [2],
                labels: [1] + set.labels.dropFirst()),
            try ExampleSet(name: "x", source: "x", inputs: set.allInputs(), labels: set.labels),
        ]
        others.append(set)
        #expect(Set(others.map(\.contentHash)).count == others.count)
    }
}
