internal import CKernels
internal import RLEditCore

/// A named, seeded sequence of random numbers: the only source of randomness in the project.
///
/// A stream is a value: copying it copies its position. `split` derives an independent stream by name, so that adding a
/// draw in one place never shifts the draws in another. All draws, normals included, use only integer operations and
/// correctly rounded float operations (see `PortableMath`), so that they are equal to the bit on every processor.
public struct RandomStream: Sendable, Codable, Equatable {
    private var key: UInt64
    /// Index of the next 128-bit block.
    private var block: UInt64 = 0
    /// The current block, and how many of its words have been handed out.
    private var words = SIMD4<UInt32>()
    private var used = 4

    /// The root stream of a run.
    /// - Parameter seed: any integer; `name` keeps streams of one seed apart (`init`, `policy`, `minibatch`, …).
    public init(seed: UInt64, name: String = "root") {
        key = RandomStream.mix(RandomStream.mix(seed ^ 0x5EED_5EED_5EED_5EED) ^ RandomStream.hash(name))
    }

    /// An independent stream that depends on this one's key and the name, not on how much was drawn from it.
    public func split(_ name: String) -> RandomStream {
        var result = self
        result.key = RandomStream.mix(key ^ RandomStream.hash(name))
        result.block = 0
        result.words = SIMD4()
        result.used = 4
        return result
    }

    /// An independent stream for one of many like things (environment 3, chunk 7).
    public func split(_ name: String, _ index: Int) -> RandomStream { split("\(name)[\(index)]") }

    /// Uniform over all 32-bit words.
    public mutating func nextWord() -> UInt32 {
        if used == 4 {
            words = drawBlock(block)
            used = 0
            block &+= 1
        }
        defer { used += 1 }
        return words[used]
    }

    @inline(__always)
    private func drawBlock(_ block: UInt64) -> SIMD4<UInt32> {
        Philox.block(
            counter: SIMD4(UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32), 0, 0),
            key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)))
    }

    /// Uniform over all 64-bit words.
    public mutating func nextWord64() -> UInt64 {
        let high = UInt64(nextWord())
        return high << 32 | UInt64(nextWord())
    }

    /// Uniform in [0, 1), a multiple of 2⁻²⁴.
    public mutating func uniform() -> Float { Float(nextWord() >> 8) * 0x1p-24 }

    /// Uniform in [low, high).
    public mutating func uniform(_ low: Float, _ high: Float) -> Float { low + (high - low) * uniform() }

    /// Uniform in 0 ..< bound, without bias (rejection). `bound` must be positive.
    public mutating func index(below bound: Int) -> Int {
        precondition(bound > 0, "a random index needs a positive bound")
        let bound = UInt64(bound)
        let threshold = (0 &- bound) % bound
        while true {
            let product = nextWord64().multipliedFullWidth(by: bound)
            if product.low >= threshold { return Int(product.high) }
        }
    }

    /// Standard normal by Box and Muller (1958): two uniforms give a pair, of which one is used, so that the number of
    /// words drawn does not depend on what was drawn before.
    public mutating func normal() -> Float {
        let radius = PortableMath.squareRoot(-2 * PortableMath.log(Double(nextWord() >> 8) * 0x1p-24 + 0x1p-25))
        return Float(radius * PortableMath.cosineOfTurns(Double(nextWord() >> 8) * 0x1p-24))
    }

    /// Fill with standard normals, times `scale`: the numbers that as many calls of `normal` draw, many times quicker.
    public mutating func fillNormal(_ buffer: UnsafeMutableBufferPointer<Float>, scale: Float = 1) {
        var next = 0
        // A normal takes two words. Whole blocks are drawn together, unless pairs of words lie across them.
        while next < buffer.count, used != 4, used & 1 == 0 {
            buffer[next] = scale * normal()
            next += 1
        }
        if used == 4, let base = buffer.baseAddress {
            let blocks = (buffer.count - next) / 2
            rl_philox_normals(key, block, Int64(blocks), scale, base + next)
            skip(blocks)
            next += 2 * blocks
        }
        while next < buffer.count {
            buffer[next] = scale * normal()
            next += 1
        }
    }

    /// Fill with numbers uniform in [low, high): those that as many calls of `uniform` draw, many times quicker.
    public mutating func fillUniform(_ buffer: UnsafeMutableBufferPointer<Float>, _ low: Float, _ high: Float) {
        var next = 0
        while next < buffer.count, used != 4 {
            buffer[next] = uniform(low, high)
            next += 1
        }
        if let base = buffer.baseAddress {
            let blocks = (buffer.count - next) / 4
            rl_philox_uniforms(key, block, Int64(blocks), low, high - low, base + next)
            skip(blocks)
            next += 4 * blocks
        }
        while next < buffer.count {
            buffer[next] = uniform(low, high)
            next += 1
        }
    }

    /// Go on after blocks that were drawn elsewhere, from the start of a block.
    private mutating func skip(_ blocks: Int) {
        guard blocks > 0 else { return }
        block &+= UInt64(blocks)
        words = drawBlock(block &- 1)
    }

    /// A uniformly drawn order of 0 ..< count (Fisher and Yates).
    public mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        guard count > 1 else { return order }
        for last in stride(from: count - 1, through: 1, by: -1) { order.swapAt(last, index(below: last + 1)) }
        return order
    }

    /// Finaliser of SplitMix64 (Steele, Lea, Flood 2014).
    private static func mix(_ value: UInt64) -> UInt64 {
        var value = value &+ 0x9E37_79B9_7F4A_7C15
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// FNV-1a over the UTF-8 bytes.
    private static func hash(_ name: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }
}

extension RandomStream {
    private enum CodingKeys: String, CodingKey { case key, block, used }

    /// - Throws: `DecodingError` for a position that no stream can have.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        key = try container.decode(UInt64.self, forKey: .key)
        block = try container.decode(UInt64.self, forKey: .block)
        used = try container.decode(Int.self, forKey: .used)
        guard (0...4).contains(used), used == 4 || block > 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: .used, in: container, debugDescription: "no stream is at word \(used) of block \(block)")
        }
        // The words are a function of key and block: they need not be stored, and cannot contradict them.
        if block > 0 { words = drawBlock(block - 1) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(key, forKey: .key)
        try container.encode(block, forKey: .block)
        try container.encode(used, forKey: .used)
    }
}

extension RandomStream: RandomNumberGenerator {
    public mutating func next() -> UInt64 { nextWord64() }
}
