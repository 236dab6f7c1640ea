internal import RLEditTensor

/// How many weights of each layer a step of an episode changes: of all changes that an action asks for, the largest are
/// made and the others left out.
public enum EditSparsity: Sendable, Equatable {
    /// All of them.
    case dense
    /// A share of the layer's weights, above 0 and at most 1; at least one weight.
    case density(Double)
    /// A number of weights of each layer, at least 1 and at most as many as the layer has.
    case largest(Int)

    /// - Throws: ``WorldError/countOutOfRange(layer:count:weights:)``.
    func validate(for layers: [EditedLayer]) throws(WorldError) {
        guard case .largest(let count) = self else { return }
        for layer in layers where count < 1 || count > layer.count {
            throw .countOutOfRange(layer: layer.name, count: count, weights: layer.count)
        }
    }

    /// How many of `count` weights are changed; nil for all.
    private func kept(of count: Int) -> Int? {
        switch self {
        case .dense: return nil
        case .density(let density):
            let kept = max(1, Int((density * Double(count)).rounded()))
            return kept < count ? kept : nil
        case .largest(let kept): return kept < count ? kept : nil
        }
    }

    /// Sets all but the largest changes to 0.
    /// - Parameters:
    ///   - changes: what a step would do to each weight, in its own measure.
    ///   - importance: numbers of the same shape whose magnitudes rank the changes; nil for the changes themselves. Of
    ///     equal ones the first is kept.
    func apply(to changes: inout Tensor, importance: Tensor? = nil) {
        guard let kept = kept(of: changes.count) else { return }
        let ranking = importance ?? changes
        ranking.withUnsafeBufferPointer { ranking in
            let smallest = EditSparsity.magnitude(ofRank: kept, in: ranking)
            changes.withUnsafeMutableBufferPointer { changes in
                var ties = smallest.ties
                for index in changes.indices {
                    let bits = ranking[index].bitPattern & 0x7FFF_FFFF
                    if bits > smallest.bits { continue }
                    if bits == smallest.bits, ties > 0 {
                        ties -= 1
                    } else {
                        changes[index] = 0
                    }
                }
            }
        }
    }

    /// The bits of the `rank`-th largest magnitude, and how many values of this magnitude are among the first `rank`. Bits
    /// have the order of the magnitudes. The highest digit is counted over all values, the next ones over those that share
    /// the digits before.
    private static func magnitude(
        ofRank rank: Int, in values: UnsafeBufferPointer<Float>
    ) -> (bits: UInt32, ties: Int) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: values.count) { left in
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: 1 << 11) { counts in
                for index in values.indices { left[index] = values[index].bitPattern & 0x7FFF_FFFF }
                var (count, rest) = (values.count, rank)
                var result: UInt32 = 0
                for (shift, width) in [(20, 11), (10, 10), (0, 10)] as [(UInt32, UInt32)] {
                    let mask = UInt32(1) << width - 1
                    counts.initialize(repeating: 0)
                    for index in 0..<count { counts[Int(left[index] >> shift & mask)] += 1 }
                    var digit = mask
                    while digit > 0, Int(counts[Int(digit)]) < rest {
                        rest -= Int(counts[Int(digit)])
                        digit -= 1
                    }
                    result |= digit << shift
                    var kept = 0
                    for index in 0..<count where left[index] >> shift & mask == digit {
                        left[kept] = left[index]
                        kept += 1
                    }
                    count = kept
                }
                return (result, rest)
            }
        }
    }
}
