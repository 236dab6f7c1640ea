internal import CKernels
internal import RLEditNN
internal import RLEditTensor

/// Measures shifts of an encoder's last linear layer without computing any token again.
///
/// A shift moves the sum z of a token that a layer norm reads by `L t`, where `t = R x` are `rank` numbers of the token. The
/// norm's mean and variance, and a score of the normalized token, follow from products with vectors: with centred z and L,
/// `Var[z + L t] = Var[z] + 2/n (z·L) t + t (L·L)/n t`, and a score is `(z·w + (L·w) t) / √(Var + ε)`. So a candidate costs
/// two products for each token: one with what enters the layer and one with z. Many candidates share a pass over the
/// tokens. Tokens that the scores do not depend on, such as padding, are left out.
struct TokenShiftProgram: FactoredShifts {
    /// Factors of one pass. Every product has this many, so that a candidate's numbers do not depend on its neighbours.
    static let slots = 32

    let groupSize = TokenShiftProgram.slots
    private let blocks: [TokenBlock]
    private let epsilon: Float
    private let scores: Int
    /// The layer norm's factors times the weights of each score, `[scores, features]`.
    private let directions: [Float]
    /// Of each score: what the norm's shift adds to a text with tokens, and the bias.
    private let shifts: [Float]
    private let biases: [Float]

    /// - Parameters:
    ///   - suffix: of the split at the edited layer.
    ///   - room: most bytes of what is kept of the tokens.
    /// - Returns: nil where the suffix is not one linear layer on tokens, perhaps a sum with a shortcut, a layer norm, the
    ///   mean of the tokens or the first one, and a linear layer; and where there is no room.
    init?(suffix: Network, layers: [EditedLayer], cache: ExampleBlocks, room: Int) throws {
        guard layers.count == 1, let layer = layers.first, !layer.includesBias,
            let first = suffix.nodeIndex(named: layer.name), suffix.nodes[first].layer is Linear,
            suffix.outputShape(ofNode: first).count == 2
        else { return nil }
        let last = suffix.sum(of: first, after: first) ?? first
        guard let normNode = suffix.onlyReader(of: last), let norm = suffix.nodes[normNode].layer as? LayerNorm,
            let poolNode = suffix.onlyReader(of: normNode), let pooling = suffix.nodes[poolNode].layer as? TokenPooling,
            let head = suffix.onlyReader(of: poolNode), suffix.nodes[head].layer is Linear,
            head == suffix.nodes.count - 1
        else { return nil }
        func values(_ node: Int, _ name: String) -> [Float]? {
            suffix.parameter("\(suffix.nodes[node].name).\(name)")?.scalars
        }
        guard let factors = values(normNode, "weight"), let added = values(normNode, "bias"),
            let weights = values(head, "weight")
        else { return nil }
        let features = norm.features
        let scores = weights.count / features
        let directions = weights.indices.map { weights[$0] * factors[$0 % features] }
        (epsilon, self.scores, self.directions) = (Float(norm.epsilon), scores, directions)
        shifts = (0..<scores).map { score in
            added.indices.reduce(0) { $0 + weights[score * features + $1] * added[$1] }
        }
        biases = values(head, "bias") ?? Array(repeating: 0, count: scores)

        let (entering, sums) = (try suffix.computing([suffix.nodes[first].inputs[0]]), try suffix.computing([last]))
        let inputs = suffix.nodes[poolNode].inputs
        let texts = try inputs.count == 2 ? suffix.computing([inputs[1]]) : nil
        var blocks: [TokenBlock] = []
        for block in cache.blocks.indices {
            let activations = ExampleInputs.dense(try cache.activations(of: block))
            blocks.append(
                try TokenBlock(
                    entering: entering.forward(activations, from: .channelsLast),
                    sums: sums.forward(activations, from: .channelsLast),
                    texts: texts?.forward(activations, from: .channelsLast), pooling.function, directions))
            guard blocks.reduce(0, { $0 + $1.byteCount }) <= room else { return nil }
        }
        self.blocks = blocks
    }

    /// Whether a candidate's edit goes this way.
    func takes(_ edits: [LayerEdit]) -> Bool {
        factors(of: edits, slots: TokenShiftProgram.slots) != nil
    }

    func run(
        _ candidates: [(position: Int, edits: [LayerEdit])], blocks: [Int], cache: ExampleBlocks, worker: Int,
        consume: (_ candidate: Int, _ block: Int, _ scores: UnsafePointer<Float>, _ stride: Int) -> Void
    ) throws {
        let slots = TokenShiftProgram.slots
        let features = directions.count / scores
        for wave in waves(of: candidates, slots: slots) {
            let inputs = wave[0].factors.right.shape[1]
            var right = [Float](repeating: 0, count: slots * inputs)
            var left = [Float](repeating: 0, count: slots * features)
            for (_, factors, slot) in wave {
                right.replaceSubrange(slot * inputs..<(slot + factors.rank) * inputs, with: factors.right.scalars)
                left.replaceSubrange(slot * features..<(slot + factors.rank) * features, with: factors.centredLeft)
            }
            for block in blocks {
                let tokens = self.blocks[block]
                var (numbers, products) = (
                    try Tensor.zeros([slots, tokens.count]), try Tensor.zeros([slots, tokens.count])
                )
                tokens.multiply(right, by: tokens.entering, into: &numbers)
                tokens.multiply(left, by: tokens.centred, into: &products)
                for (position, factors, slot) in wave {
                    let own = Array(left[slot * features..<(slot + factors.rank) * features])
                    let scores = scores(tokens, numbers, products, own, slot: slot)
                    consume(position, block, scores, tokens.texts)
                }
            }
        }
    }

    /// `[classes, texts]` of one candidate.
    /// - Parameter left: its centred left factor, `[rank, features]`.
    private func scores(
        _ tokens: TokenBlock, _ numbers: Tensor, _ products: Tensor, _ left: [Float], slot: Int
    ) -> [Float] {
        let features = directions.count / scores
        let rank = left.count / features
        func product(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Float {
            zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        }
        func row(_ values: [Float], _ index: Int) -> ArraySlice<Float> {
            values[index * features..<(index + 1) * features]
        }
        let squares = (0..<rank * rank).map { product(row(left, $0 / rank), row(left, $0 % rank)) / Float(features) }
        let along = (0..<rank * scores).map { product(row(left, $0 / scores), row(directions, $0 % scores)) }
        let texts = tokens.texts
        var sums = [Float](repeating: 0, count: scores * texts)
        var scratch = [Float](repeating: 0, count: 2 * tokens.count)
        numbers.withUnsafeBufferPointer { numbers in
            products.withUnsafeBufferPointer { products in
                guard let numbers = numbers.baseAddress, let products = products.baseAddress else { return }
                let place = slot * tokens.count
                rl_shifted_norm_scores(
                    Int64(tokens.count), Int64(rank), Int64(scores), numbers + place, products + place,
                    1 / Float(features), squares, tokens.variance, epsilon, tokens.scores, along, &scratch,
                    Int64(texts), tokens.starts, &sums)
            }
        }
        let classes = max(scores, 2)
        var result = [Float](repeating: 0, count: classes * texts)
        for score in 0..<scores {
            for text in 0..<texts {
                let count = Float(tokens.starts[text + 1] - tokens.starts[text])
                // A single score is that of the second of two classes; the first scores 0. A text without tokens has zeros
                // for its mean.
                result[(score + classes - scores) * texts + text] =
                    (count > 0 ? sums[score * texts + text] / count + shifts[score] : 0) + biases[score]
            }
        }
        return result
    }
}

/// The tokens of one block of examples that the scores depend on.
private struct TokenBlock: Sendable {
    /// Tokens of one product, few enough that what they bring stays in the second-level cache.
    private static let run = 512

    /// First token of each text, and the number of all.
    private(set) var starts: [Int64] = [0]
    /// What enters the layer, and the centred sums, by run: `[features, tokens]`.
    private(set) var entering: [Tensor] = []
    private(set) var centred: [Tensor] = []
    private(set) var variance: [Float] = []
    /// Scores before they are divided by the deviation, `[scores, tokens]`.
    private(set) var scores: [Float] = []

    var texts: Int { starts.count - 1 }
    var byteCount: Int {
        4 * (entering + centred).reduce(variance.count + scores.count) { $0 + $1.shape[0] * $1.shape[1] }
    }
    var count: Int { variance.count }

    /// - Parameters:
    ///   - entering: `[rows, length, inputs]`.
    ///   - sums: `[rows, length, features]`.
    ///   - texts: `[rows, length]`, negative where no token is; nil where all count.
    init(
        entering: Tensor, sums: Tensor, texts: Tensor?, _ pooling: TokenPooling.Function, _ directions: [Float]
    ) throws {
        let (rows, length, features) = (sums.shape[0], sums.shape[1], sums.shape[2])
        let texts = texts?.scalars
        var places: [Int] = []
        for row in 0..<rows {
            let own = row * length..<(row + 1) * length
            places +=
                pooling == .first ? [own.lowerBound] : own.filter { place in texts.map { $0[place] >= 0 } ?? true }
            starts.append(Int64(places.count))
        }
        let (x, z) = (entering.scalars, sums.scalars)
        let inputs = entering.shape[2]
        for start in stride(from: 0, to: places.count, by: TokenBlock.run) {
            let own = places[start..<min(start + TokenBlock.run, places.count)]
            self.entering.append(
                try Tensor(own.flatMap { x[$0 * inputs..<($0 + 1) * inputs] }, shape: [own.count, inputs])
                    .transposedMatrix())
            let rows = own.flatMap { place -> [Float] in
                let row = z[place * features..<(place + 1) * features]
                let mean = Float(row.reduce(0.0) { $0 + Double($1) } / Double(features))
                return row.map { $0 - mean }
            }
            let tokens = try Tensor(rows, shape: [own.count, features])
            variance += own.indices.map { index in
                let place = (index - start) * features
                return Float(
                    rows[place..<(place + features)].reduce(0.0) { $0 + Double($1) * Double($1) } / Double(features))
            }
            scores += try tokens.matmul(
                try Tensor(directions, shape: [directions.count / features, features]), transposeOther: true
            ).scalars
            centred.append(try tokens.transposedMatrix())
        }
        let count = directions.count / features
        scores = (0..<count).flatMap { score in (0..<places.count).map { scores[$0 * count + score] } }
    }

    /// `[slots, features]` times what the tokens have, `[slots, tokens]`.
    func multiply(_ factors: [Float], by runs: [Tensor], into result: inout Tensor) {
        let slots = TokenShiftProgram.slots
        result.withUnsafeMutableBufferPointer { result in
            guard var to = result.baseAddress else { return }
            for run in runs {
                let (features, tokens) = (run.shape[0], run.shape[1])
                run.withUnsafeBufferPointer { run in
                    guard let run = run.baseAddress else { return }
                    matrixProduct(
                        m: slots, n: tokens, k: features, factors, lda: features, run, ldb: tokens, to, ldc: count)
                }
                to += tokens
            }
        }
    }
}

extension LowRankFactors {
    /// The left factor without its mean over the outputs, `[rank, outputs]`.
    fileprivate var centredLeft: [Float] {
        let (values, rank) = (left.scalars, rank)
        let outputs = values.count / max(rank, 1)
        return (0..<rank).flatMap { k -> [Float] in
            let column = (0..<outputs).map { values[$0 * rank + k] }
            let mean = Float(column.reduce(0.0) { $0 + Double($1) } / Double(outputs))
            return column.map { $0 - mean }
        }
    }
}
