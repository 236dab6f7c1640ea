internal import CKernels
internal import RLEditTensor
internal import Testing

@Suite("Ranking kernels")
struct RankingKernelTests {
    /// Margins of several kinds: random, with many ties, with few distinct digits, of both zeros and extreme sizes.
    private func margins(_ kind: Int, _ count: Int) -> [Float] {
        var stream = RandomStream(seed: 9, name: "margins \(kind) \(count)")
        let odd: [Float] = [
            0, -0.0, Float.leastNonzeroMagnitude, -Float.leastNonzeroMagnitude, 3e38, -3e38, 1, Float(1).nextUp, -1,
            Float(1).nextDown,
        ]
        return (0..<count).map { _ in
            switch kind {
            case 0: stream.normal()
            case 1: (stream.normal() * 3).rounded() / 4
            case 2: Float(stream.index(below: 2))
            default: odd[stream.index(below: odd.count)]
            }
        }
    }

    private func rank(_ margins: [Float], order: [Int32], tags: [UInt32]) -> [UInt32] {
        let count = margins.count
        var (first, second) = ([UInt64](repeating: 0, count: count), [UInt64](repeating: 0, count: count))
        return first.withUnsafeMutableBufferPointer { first in
            second.withUnsafeMutableBufferPointer { second in
                let ranking = rl_rank(
                    Int64(count), order, tags, margins, first.baseAddress, second.baseAddress)
                return (0..<count).map { UInt32(truncatingIfNeeded: ranking?[$0] ?? 0) }
            }
        }
    }

    @Test("examples come by ascending margin, equal ones in their order", arguments: 0..<4, [1, 2, 3, 100, 5_000])
    func ranking(kind: Int, count: Int) {
        let margins = margins(kind, count)
        var stream = RandomStream(seed: 1, name: "order")
        let order = stream.permutation(count).map { Int32($0) }
        let tags = (0..<count).map { UInt32($0) }
        let expected = order.indices.sorted {
            (margins[Int(order[$0])], $0) < (margins[Int(order[$1])], $1)
        }
        #expect(rank(margins, order: order, tags: tags).map { Int($0) } == expected)
    }

    @Test("the threshold of equal error is the best of all thresholds", arguments: 0..<4, [2, 3, 10, 300])
    func equalError(kind: Int, count: Int) {
        let margins = margins(kind, count)
        var stream = RandomStream(seed: 2, name: "labels \(kind)")
        var labels = (0..<count).map { _ in stream.index(below: 2) }
        labels[0] = 0
        labels[1] = 1
        // Every third example belongs to no group.
        for groupedOnly in [false, true] {
            let counted = (0..<count).filter { !groupedOnly || $0 % 3 != 2 }
            let tags = (0..<count).map { UInt32($0 % 3 == 2 ? 0 : 1) | (labels[$0] == 1 ? RL_TAG_POSITIVE : 0) }
            let positives = counted.count { labels[$0] == 1 }
            let negatives = counted.count - positives
            func gap(_ threshold: Float) -> Int {
                let above = counted.count { labels[$0] == 0 && margins[$0] > threshold }
                let missed = counted.count { labels[$0] == 1 && margins[$0] <= threshold }
                return abs(above * positives - missed * negatives)
            }
            var (first, second) = ([UInt64](repeating: 0, count: count), [UInt64](repeating: 0, count: count))
            let threshold = first.withUnsafeMutableBufferPointer { first in
                second.withUnsafeMutableBufferPointer { second in
                    let ranking = rl_rank(
                        Int64(count), (0..<count).map { Int32($0) }, tags, margins, first.baseAddress,
                        second.baseAddress)
                    return rl_equal_error_threshold(
                        Int64(count), ranking, groupedOnly ? 1 : 0, Int64(positives), Int64(negatives))
                }
            }
            let best = (margins.map { gap($0) } + [gap(-.infinity)]).min()
            #expect(gap(threshold) == best)
        }
    }

    @Test("counts above a threshold, and margins that are not finite")
    func counts() {
        let margins: [Float] = [1, 2, 3, 4, 5, 6, 7, .nan, .infinity]
        var above: [Int64] = [9, 9, 9]
        rl_count_above(3, [0, 6, 6, 7], [0, 1, 2, 3, 4, 5, 6], margins, 3, &above)
        #expect(above == [3, 0, 1])
        #expect(rl_count_not_finite(9, margins) == 2)
        #expect(rl_count_not_finite(7, margins) == 0)
        var own = [Float](repeating: 0, count: 3)
        rl_margins(3, [1, 2, 3, .nan, 5, 5, 5], 4, &own)
        #expect(own == [4, 3, 2])
    }
}
