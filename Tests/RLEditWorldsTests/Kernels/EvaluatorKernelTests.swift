internal import CKernels
internal import Foundation
internal import RLEditTensor
internal import Testing

/// Every kernel against plain loops in double precision, on sizes around each boundary of its tiles.
@Suite("Evaluator kernels")
struct EvaluatorKernelTests {
    static let exampleCounts = [1, 15, 16, 17, 31, 32, 33, 255, 256]
    static let rowCounts = [1, 2, 3, 4, 9, 10, 11, 24]

    private func values(_ count: Int, _ name: String) -> [Float] {
        var stream = RandomStream(seed: 7, name: name)
        return (0..<count).map { _ in stream.normal() }
    }

    private func expectClose(_ actual: [Float], _ expected: [Double], _ what: String, _ tolerance: Double = 2e-6) {
        let worst = zip(actual, expected).map { abs(Double($0) - $1) / max(1, abs($1)) }.max() ?? 0
        #expect(actual.count == expected.count && worst <= tolerance, "\(what): off by \(worst)")
    }

    @Test("a dense layer is the exact product plus bias for every remainder of its tiles", arguments: exampleCounts)
    func dense(examples: Int) {
        for outputs in EvaluatorKernelTests.rowCounts {
            for inputs in [1, 2, 3, 32, 67] {
                for hasBias in [false, true] {
                    let stride = examples + 3
                    let (w, b, x) = (values(outputs * inputs, "w"), values(outputs, "b"), values(inputs * stride, "x"))
                    var y = [Float](repeating: .nan, count: outputs * stride)
                    rl_dense(
                        Int64(outputs), Int64(inputs), Int64(examples), w, hasBias ? b : nil, x, Int64(stride), &y,
                        Int64(stride))
                    var expected: [Double] = []
                    var actual: [Float] = []
                    for o in 0..<outputs {
                        for e in 0..<examples {
                            expected.append(
                                (0..<inputs).reduce(hasBias ? Double(b[o]) : 0) {
                                    $0 + Double(w[o * inputs + $1]) * Double(x[$1 * stride + e])
                                })
                            actual.append(y[o * stride + e])
                        }
                        #expect(
                            y[(o * stride + examples)..<((o + 1) * stride)].allSatisfy { $0.isNaN }, "wrote past a row")
                    }
                    expectClose(actual, expected, "\(outputs)×\(inputs)×\(examples)", 1e-5)
                }
            }
        }
    }

    @Test("bias and activation work on each row, in place, up to its end and no further", arguments: exampleCounts)
    func biasActivate(examples: Int) {
        let (rows, stride) = (3, examples + 2)
        let references: [(Int, (Double) -> Double)] = [
            (RL_IDENTITY, { $0 }), (RL_RELU, { max(0, $0) }), (RL_TANH, { tanh($0) }),
            (RL_SIGMOID, { 1 / (1 + exp(-$0)) }), (RL_GELU, { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) }),
        ]
        for (code, reference) in references {
            for hasBias in [false, true] {
                let (start, bias) = (values(rows * stride, "z"), values(rows, "b"))
                var z = start
                rl_bias_activate(Int64(rows), Int64(examples), &z, Int64(stride), hasBias ? bias : nil, Int32(code))
                for row in 0..<rows {
                    let range = row * stride..<row * stride + examples
                    expectClose(
                        Array(z[range]), range.map { reference(Double(start[$0]) + (hasBias ? Double(bias[row]) : 0)) },
                        "activation \(code)")
                    let rest = row * stride + examples..<(row + 1) * stride
                    #expect(z[rest] == start[rest], "wrote past a row")
                }
            }
        }
    }

    @Test("a low-rank shift adds the products of its factors to the cached ones", arguments: exampleCounts)
    func lowRankShift(examples: Int) {
        for rows in [1, 2, 3, 10, 11] {
            for rank in [0, 1, 2, 5] {
                for code in [RL_IDENTITY, RL_RELU, RL_TANH] {
                    let stride = examples + 1
                    let z = values(rows * stride, "z")
                    let b = values(max(rows * rank, 1), "b")
                    let t = values(max(rank * stride, 1), "t")
                    var y = [Float](repeating: 0, count: rows * stride)
                    rl_low_rank_shift(
                        Int64(rows), Int64(rank), Int64(examples), z, Int64(stride), b, t, Int64(stride), &y,
                        Int64(stride), Int32(code))
                    var actual: [Float] = []
                    var expected: [Double] = []
                    for r in 0..<rows {
                        for e in 0..<examples {
                            let sum = (0..<rank).reduce(Double(z[r * stride + e])) {
                                $0 + Double(b[r * rank + $1]) * Double(t[$1 * stride + e])
                            }
                            expected.append(code == RL_RELU ? max(0, sum) : code == RL_TANH ? tanh(sum) : sum)
                            actual.append(y[r * stride + e])
                        }
                    }
                    expectClose(actual, expected, "rows \(rows), rank \(rank), activation \(code)")
                }
            }
        }
    }

    @Test("a shift joined with the layer after it gives that layer's scores", arguments: exampleCounts)
    func lowRankShiftAndLayer(examples: Int) {
        for (rows, outputs) in [(1, 1), (3, 4), (11, 10), (32, 15)] {
            for (rank, rectifies) in [(0, true), (1, true), (1, false), (5, true)] {
                let stride = examples + 1
                let z = values(rows * stride, "z")
                let b = values(max(rows * rank, 1), "b")
                let t = values(max(rank * stride, 1), "t")
                let w = values(outputs * rows, "w")
                let bias = values(outputs, "bias")
                var y = [Float](repeating: 0, count: outputs * stride)
                rl_low_rank_shift_dense(
                    Int64(rows), Int64(rank), Int64(examples), z, Int64(stride), b, t, Int64(stride), rectifies ? 1 : 0,
                    Int64(outputs), w, bias, &y, Int64(stride))
                var actual: [Float] = []
                var expected: [Double] = []
                for o in 0..<outputs {
                    for e in 0..<examples {
                        var score = Double(bias[o])
                        for r in 0..<rows {
                            var hidden = Double(z[r * stride + e])
                            for k in 0..<rank { hidden += Double(b[r * rank + k]) * Double(t[k * stride + e]) }
                            score += Double(w[o * rows + r]) * (rectifies ? max(0, hidden) : hidden)
                        }
                        expected.append(score)
                        actual.append(y[o * stride + e])
                    }
                }
                // Two sums in a row, of terms larger than their sum: a few dozen roundings of 6e-8.
                expectClose(actual, expected, "rows \(rows), outputs \(outputs), rank \(rank)", 1e-5)
            }
        }
    }

    @Test("masked and shifted weights follow their definitions", arguments: [1, 2, 15, 16, 17, 33, 128])
    func editedWeights(columns: Int) {
        for rows in [1, 3, 10] {
            for rank in [0, 1, 3] {
                let count = rows * columns
                let (w, mask) = (values(count, "w"), values(count, "m"))
                let (b, a) = (values(max(rows * rank, 1), "b"), values(max(rank * columns, 1), "a"))
                let product = (0..<count).map { index in
                    (0..<rank).reduce(0.0) {
                        $0 + Double(b[index / columns * rank + $1]) * Double(a[$1 * columns + index % columns])
                    }
                }
                let sizes = (Int64(rows), Int64(columns), Int64(rank))
                var out = [Float](repeating: 0, count: count)
                rl_mask_weights(sizes.0, sizes.1, sizes.2, w, mask, b, a, &out)
                expectClose(
                    out, product.indices.map { Double(w[$0]) * Double(mask[$0]) * (1 + product[$0]) }, "mask on mask")
                rl_mask_weights(sizes.0, sizes.1, sizes.2, w, nil, b, a, &out)
                expectClose(out, product.indices.map { Double(w[$0]) * (1 + product[$0]) }, "mask")
                rl_shift_weights(sizes.0, sizes.1, sizes.2, w, b, a, &out)
                expectClose(out, product.indices.map { Double(w[$0]) + product[$0] }, "shift")
                out = w
                out.withUnsafeMutableBufferPointer { buffer in
                    guard let base = buffer.baseAddress else { return }
                    rl_shift_weights(sizes.0, sizes.1, sizes.2, base, b, a, base)
                }
                expectClose(out, product.indices.map { Double(w[$0]) + product[$0] }, "shift in place")
            }
        }
    }

    @Test("the largest score wins, the lowest class among equals", arguments: exampleCounts)
    func countCorrect(examples: Int) {
        for classes in [1, 2, 3, 10, 11] {
            let stride = examples + 5
            // Few distinct values, so that many scores are equal.
            var stream = RandomStream(seed: 3, name: "ties")
            let scores = (0..<classes * stride).map { _ in Float(stream.index(below: 3)) }
            let labels = (0..<examples).map { _ in Int32(stream.index(below: classes)) }
            var predictions = [Int32](repeating: -1, count: examples)
            let correct = rl_count_correct(
                Int64(classes), Int64(examples), scores, Int64(stride), labels, &predictions)
            let expected = (0..<examples).map { example -> Int32 in
                let column = (0..<classes).map { scores[$0 * stride + example] }
                return Int32(column.firstIndex(of: column.max() ?? 0) ?? -1)
            }
            #expect(predictions == expected)
            #expect(Int(correct) == zip(expected, labels).count { $0 == $1 })
            let silent = rl_count_correct(Int64(classes), Int64(examples), scores, Int64(stride), labels, nil)
            #expect(silent == correct)
        }
    }

    @Test("an example whose scores are not numbers is never right")
    func notANumber() {
        let scores: [Float] = [.nan, 1, .nan, 0]
        #expect(rl_count_correct(2, 2, scores, 2, [0, 0], nil) == 1)
    }

    @Test("sums over the softmax agree with double precision", arguments: exampleCounts)
    func softmaxSums(examples: Int) {
        for classes in [2, 3, 10, 11] {
            for spread in [0.1, 1, 30] as [Float] {
                let stride = examples + 1
                let scores = values(classes * stride, "s\(classes)").map { $0 * spread }
                var stream = RandomStream(seed: 4, name: "labels")
                let labels = (0..<examples).map { _ in Int32(stream.index(below: classes)) }
                var sums = rl_softmax_sums(loss: 1, confidence: 2, trueProbability: 3, margin: 4, entropy: 5)
                rl_add_softmax_sums(Int64(classes), Int64(examples), scores, Int64(stride), labels, &sums)
                var expected = SoftmaxReference()
                for example in 0..<examples {
                    expected.add(
                        (0..<classes).map { Double(scores[$0 * stride + example]) }, label: Int(labels[example]))
                }
                let count = Double(examples)
                let tolerance = 1e-6 * count * Double(max(1, spread))
                #expect(abs(sums.loss - 1 - expected.loss) <= tolerance)
                #expect(abs(sums.confidence - 2 - expected.confidence) <= tolerance)
                #expect(abs(sums.trueProbability - 3 - expected.trueProbability) <= tolerance)
                #expect(abs(sums.margin - 4 - expected.margin) <= tolerance)
                #expect(abs(sums.entropy - 5 - expected.entropy) <= tolerance)
            }
        }
    }

    @Test("transposing moves every element and respects both strides", arguments: [1, 15, 16, 17, 255, 256])
    func transpose(rows: Int) {
        for columns in [1, 3, 16, 33] {
            let (sourceStride, targetStride) = (columns + 2, rows + 1)
            let source = values(rows * sourceStride, "t")
            var target = [Float](repeating: .nan, count: columns * targetStride)
            rl_transpose(Int64(rows), Int64(columns), source, Int64(sourceStride), &target, Int64(targetStride))
            for c in 0..<columns {
                for r in 0..<rows { #expect(target[c * targetStride + r] == source[r * sourceStride + c]) }
                #expect(target[c * targetStride + rows].isNaN)
            }
        }
    }
}

/// Sums of what the softmax of scores says, in double precision, as the textbook writes them.
struct SoftmaxReference {
    var correct = 0.0
    var loss = 0.0
    var confidence = 0.0
    var trueProbability = 0.0
    var margin = 0.0
    var entropy = 0.0

    mutating func add(_ scores: [Double], label: Int) {
        let largest = scores.max() ?? 0
        let total = scores.reduce(0) { $0 + exp($1 - largest) }
        let probabilities = scores.map { exp($0 - largest) / total }
        let others = scores.indices.filter { $0 != label }.map { scores[$0] }
        correct += scores.firstIndex(of: largest) == label ? 1 : 0
        loss += log(total) - (scores[label] - largest)
        confidence += probabilities.max() ?? 0
        trueProbability += probabilities[label]
        margin += scores[label] - (others.max() ?? 0)
        entropy -= probabilities.reduce(0) { $1 > 0 ? $0 + $1 * log($1) : $0 }
    }
}
