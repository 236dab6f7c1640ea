/// Philox 4×32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, *Parallel random numbers: as easy as
/// 1, 2, 3* (SC 2011): a keyed bijection of 128-bit counters. Equal key and counter give equal words everywhere.
package enum Philox {
    /// Ten rounds over a counter of four words with a key of two.
    @inline(__always)
    package static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        var counter = counter
        var key = key
        for round in 0..<10 {
            if round > 0 { key = key &+ SIMD2(0x9E37_79B9, 0xBB67_AE85) }
            let first = UInt64(0xD251_1F53) * UInt64(counter[0])
            let second = UInt64(0xCD9E_8D57) * UInt64(counter[2])
            counter = SIMD4(
                UInt32(truncatingIfNeeded: second >> 32) ^ counter[1] ^ key[0], UInt32(truncatingIfNeeded: second),
                UInt32(truncatingIfNeeded: first >> 32) ^ counter[3] ^ key[1], UInt32(truncatingIfNeeded: first))
        }
        return counter
    }
}
