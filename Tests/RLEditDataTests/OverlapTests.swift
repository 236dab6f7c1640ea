import RLEditData
import RLEditTensor
import Testing

@Suite("Examples that sets share")
struct OverlapTests {
    private func set(_ rows: [[Float]], _ labels: [Int]) throws -> ExampleSet {
        try ExampleSet(
            name: "set", source: "test", inputs: Tensor(rows.flatMap { $0 }, shape: [rows.count, rows[0].count]),
            labels: labels)
    }

    @Test("the same inputs with the same label are shared, wherever they were read and however they are kept")
    func contents() throws {
        let bytes = try ExampleSet(
            name: "bytes", source: "test", bytes: [0, 51, 255, 102, 0, 0], divisor: 255, exampleShape: [2],
            labels: [1, 2, 3])
        let floats = try set([[1, 0.4], [0, 0.2], [0.2, 0]], [2, 1, 1])
        let sparse = try ExampleSet(
            name: "sparse", source: "test",
            sparse: SparseRows(columns: 2, offsets: [0, 1, 3, 3], indices: [1, 0, 1], values: [0.2, 1, 0.4]),
            labels: [1, 2, 3])
        for (a, b) in [(bytes, floats), (floats, bytes), (bytes, sparse), (sparse, bytes), (floats, sparse)] {
            #expect(a.overlap(with: b) == 2)
        }
        // Other labels, another order of the values.
        #expect(try bytes.overlap(with: set([[0, 0.2]], [2])) == 0)
        #expect(try bytes.overlap(with: set([[0.2, 0]], [1])) == 0)
        // Another shape.
        #expect(try bytes.overlap(with: set([[0, 0.2, 0]], [1])) == 0)
    }

    @Test("each example of the set counts once, of any number of others, repeated ones as often as they are there")
    func counting() throws {
        let mine = try set([[1], [2], [1], [3], [4]], [0, 0, 0, 0, 0])
        #expect(try mine.overlap(with: set([[1]], [0])) == 2)
        #expect(try mine.overlap(with: set([[1], [1], [1]], [0, 0, 0])) == 2)
        #expect(try mine.overlap(with: [set([[1], [3]], [0, 0]), set([[3], [9]], [0, 0])]) == 3)
        #expect(mine.overlap(with: []) == 0)
        #expect(try mine.overlap(with: mine.take(0)) == 0 && mine.take(0).overlap(with: mine) == 0)
        #expect(try mine.shuffled(seed: 1).overlap(with: mine.drop(3)) == 2)
    }

    @Test("examples of which all values are 0 count as shared with none")
    func blank() throws {
        let mine = try set([[0, 0], [0, -0.0], [1, 0]], [1, 1, 1])
        #expect(mine.overlap(with: mine) == 1)
    }

    @Test("sets of 60,000 images are compared in well under a second", .timeLimit(.minutes(1)))
    func large() throws {
        var stream = RandomStream(seed: 1, name: "overlap")
        let pixels = (0..<60_000 * 784).map { _ in UInt8(truncatingIfNeeded: max(0, stream.index(below: 1000) - 744)) }
        let all = try ExampleSet(
            name: "all", source: "test", bytes: pixels, divisor: 255, exampleShape: [1, 28, 28],
            labels: (0..<60_000).map { $0 % 10 })
        let clock = ContinuousClock()
        let (first, rest) = try all.split(fraction: 0.9)
        var shared = 0
        let duration = clock.measure { shared = all.overlap(with: [first]) + rest.overlap(with: first) }
        #expect(shared == 54_000)
        // Many times what it takes, for machines under load; a comparison of pairs would take hours.
        #expect(duration < .seconds(10))
    }
}

@Suite("Inputs that are not finite")
struct NotFiniteInputTests {
    private func refusal(_ body: () throws -> ExampleSet) -> String {
        do {
            return "no error: \(try body())"
        } catch { return "\(error)" }
    }

    private static let rest = "; every number must be finite in 32 bits: replace it, or leave the example out"

    @Test("a set takes none, wherever it is among many", arguments: [0, 1, 1023, 1024, 2047, 5000, 8191])
    func dense(place: Int) throws {
        for value in [Float.nan, -.nan, .infinity, -.infinity, .signalingNaN] {
            var values = [Float](repeating: .greatestFiniteMagnitude, count: 8192)
            values[place] = value
            let text = value.isNaN ? "NaN" : value > 0 ? "infinity" : "-infinity"
            #expect(
                refusal {
                    try ExampleSet(
                        name: "x", source: "x", inputs: Tensor(values, shape: [64, 2, 64]),
                        labels: [Int](repeating: 0, count: 64))
                }
                    == "inputs[\(place / 128 + 1)] holds \(text) at [\(place / 64 % 2 + 1), \(place % 64 + 1)]\(Self.rest)"
            )
        }
    }

    @Test("a sparse set takes none")
    func sparse() throws {
        let rows = try SparseRows(
            columns: 10, offsets: [0, 0, 2, 3], indices: [0, 4, 9], values: [1, 2, .nan])
        #expect(
            refusal { try ExampleSet(name: "x", source: "x", sparse: rows, labels: [0, 0, 0]) }
                == "inputs[3] holds NaN at [10]\(Self.rest)")
    }

    @Test("bytes take no divisor that makes one infinite")
    func divisor() {
        #expect(
            refusal {
                try ExampleSet(name: "x", source: "x", bytes: [1], divisor: 1e-37, exampleShape: [1], labels: [0])
            } == "example set: the divisor must be positive, and 255 over it finite, got 1e-37")
    }
}
