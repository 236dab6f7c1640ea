import Foundation
import RLEditTensor
import Testing

@Suite("Random streams")
struct RandomStreamTests {
    @Test("the same seed and name give the same words, another seed or name gives others")
    func seedsAndNames() {
        func words(_ stream: RandomStream) -> [UInt32] {
            var stream = stream
            return (0..<9).map { _ in stream.nextWord() }
        }
        #expect(words(RandomStream(seed: 7, name: "init")) == words(RandomStream(seed: 7, name: "init")))
        #expect(words(RandomStream(seed: 7, name: "init")) != words(RandomStream(seed: 8, name: "init")))
        #expect(words(RandomStream(seed: 7, name: "init")) != words(RandomStream(seed: 7, name: "policy")))
    }

    @Test("splitting depends on the name, not on how much was drawn before")
    func splitting() {
        let fresh = RandomStream(seed: 3)
        var used = fresh
        for _ in 0..<5 { _ = used.nextWord() }
        #expect(used.split("a") == fresh.split("a"))
        #expect(fresh.split("a") != fresh.split("b"))
        #expect(fresh.split("environment", 1) != fresh.split("environment", 11))
        var parent = fresh
        var child = fresh.split("a")
        #expect(parent.nextWord64() != child.nextWord64())
    }

    @Test("a decoded stream goes on where the encoded one was, at every place in a block")
    func codable() throws {
        for drawn in 0..<10 {
            var stream = RandomStream(seed: .max, name: "checkpoint")
            for _ in 0..<drawn { _ = stream.nextWord() }
            var decoded = try JSONDecoder().decode(RandomStream.self, from: JSONEncoder().encode(stream))
            #expect(decoded == stream)
            for _ in 0..<9 { #expect(decoded.nextWord() == stream.nextWord()) }
        }
    }

    @Test("numbers drawn in bulk are those drawn one at a time, to the bit, from any place in a block on")
    func bulk() {
        for drawn in 0..<5 {
            for count in [0, 1, 2, 3, 7, 127, 128, 129, 1000] {
                var single = RandomStream(seed: 9, name: "bulk")
                for _ in 0..<drawn { _ = single.nextWord() }
                var bulk = single
                let normals = (0..<count).map { _ in 0.3 * single.normal() }
                let uniforms = (0..<count).map { _ in single.uniform(-1, 2) }
                var drawnNormals = [Float](repeating: .nan, count: count)
                var drawnUniforms = drawnNormals
                drawnNormals.withUnsafeMutableBufferPointer { bulk.fillNormal($0, scale: 0.3) }
                drawnUniforms.withUnsafeMutableBufferPointer { bulk.fillUniform($0, -1, 2) }
                #expect(drawnNormals.map(\.bitPattern) == normals.map(\.bitPattern), "\(count) after \(drawn)")
                #expect(drawnUniforms.map(\.bitPattern) == uniforms.map(\.bitPattern), "\(count) after \(drawn)")
                #expect(bulk == single)
            }
        }
    }

    @Test("a damaged checkpoint is an error", arguments: ["5", "-1", "2"])
    func damagedCheckpoint(position: String) {
        let text = #"{"key": 1, "block": 0, "used": \#(position)}"#
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(RandomStream.self, from: Data(text.utf8))
        }
    }

    @Test("uniform numbers lie in [0, 1) with mean 1/2 and variance 1/12")
    func uniform() {
        var stream = RandomStream(seed: 1)
        let values = (0..<100_000).map { _ in Double(stream.uniform()) }
        #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
        let mean = values.reduce(0, +) / 100_000
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 100_000
        // Four standard errors.
        #expect(abs(mean - 0.5) < 0.0037)
        #expect(abs(variance - 1.0 / 12) < 0.001)
    }

    @Test("normals have mean 0, variance 1 and a kurtosis of 3")
    func normals() {
        var stream = RandomStream(seed: 2)
        let values = (0..<200_000).map { _ in Double(stream.normal()) }
        let count = 200_000.0
        let mean = values.reduce(0, +) / count
        let variance = values.reduce(0) { $0 + $1 * $1 } / count
        let fourth = values.reduce(0) { $0 + $1 * $1 * $1 * $1 } / count
        #expect(abs(mean) < 0.009)
        #expect(abs(variance - 1) < 0.013)
        #expect(abs(fourth - 3) < 0.09)
        #expect(values.allSatisfy { $0.isFinite && abs($0) < 6.5 })
    }

    @Test("bounded indices are uniform: no value is preferred")
    func boundedIndices() {
        var stream = RandomStream(seed: 4)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[stream.index(below: 7)] += 1 }
        // χ² with 6 degrees of freedom: 22.5 has a probability of 0.1 %.
        let chiSquared = counts.reduce(0.0) { $0 + Double(($1 - 10_000) * ($1 - 10_000)) / 10_000 }
        #expect(chiSquared < 22.5)
        #expect(stream.index(below: 1) == 0)
        #expect((0..<100).allSatisfy { _ in stream.index(below: .max) >= 0 })
    }

    @Test("a permutation holds every index once; those of 0 and 1 are trivial")
    func permutations() {
        var stream = RandomStream(seed: 5)
        #expect(stream.permutation(100).sorted() == Array(0..<100))
        #expect(stream.permutation(1) == [0])
        #expect(stream.permutation(0).isEmpty)
        // All 24 orders of four occur about equally often.
        var counts: [[Int]: Int] = [:]
        for _ in 0..<24_000 { counts[stream.permutation(4), default: 0] += 1 }
        #expect(counts.count == 24)
        #expect(counts.values.allSatisfy { abs($0 - 1000) < 150 })
    }

    @Test("draws are the same bits on every machine")
    func goldenDraws() {
        var stream = RandomStream(seed: 42, name: "golden")
        #expect((0..<4).map { _ in stream.nextWord() } == [0x7AEE_09B5, 0x53EA_142A, 0x8B7F_9C3B, 0x6A42_F401])
        #expect(
            (0..<6).map { _ in stream.normal().bitPattern } == [
                0x3F36_8F66, 0x3F62_739F, 0x3EFC_FBA6, 0xBF20_D32B, 0x3F48_A79F, 0x3F93_6346,
            ])
        #expect(stream.permutation(10) == [1, 9, 8, 5, 7, 3, 0, 4, 6, 2])
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for _ in 0..<100_000 { hash = (hash ^ UInt64(stream.normal().bitPattern)) &* 0x100_0000_01B3 }
        #expect(hash == 0x5A79_AFE0_029E_F3DE)
    }
}
