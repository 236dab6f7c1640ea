internal import CKernels
internal import RLEditTensor
internal import Testing

/// Winograd's products against the sums that define a convolution and its gradients, in double precision.
@Suite("Winograd kernels")
struct WinogradKernelTests {
    private func values(_ count: Int, _ name: String) -> [Float] {
        var stream = RandomStream(seed: 7, name: name)
        return (0..<count).map { _ in stream.normal() }
    }

    /// Calls `body` for each product of a convolution `[height, width, inputs]` → `[height, width, outputs]` with the places
    /// of its output, its input and its weight.
    private func forEachProduct(
        _ shape: rl_winograd_shape, _ body: (_ output: Int, _ input: Int, _ weight: Int) -> Void
    ) {
        let (height, width) = (Int(shape.height), Int(shape.width))
        let (inputs, outputs) = (Int(shape.inputs), Int(shape.outputs))
        for position in 0..<(Int(shape.examples) * height * width) {
            let (row, column) = (position / width % height, position % width)
            for (down, across) in (0..<9).map({ ($0 / 3 - 1, $0 % 3 - 1) })
            where (0..<height).contains(row + down) && (0..<width).contains(column + across) {
                let other = position + down * width + across
                for (output, input) in (0..<outputs * inputs).map({ ($0 / inputs, $0 % inputs) }) {
                    let weight = (output * inputs + input) * 9 + (down + 1) * 3 + across + 1
                    body(position * outputs + output, other * inputs + input, weight)
                }
            }
        }
    }

    /// Expects what lies before the guard at the end, and the guard.
    private func expect(_ actual: [Float], near expected: [Double], terms: Int, _ what: Comment) {
        let worst = zip(actual, expected).map { abs(Double($0) - $1) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
        // Sums of products of normal numbers.
        #expect(worst <= 1e-6 * Double(terms), what)
        #expect(actual.count == expected.count + 1 && actual[expected.count].isNaN, what)
    }

    @Test(
        "outputs and both gradients are what the definition gives, on even and odd sizes, and nothing is written beside them",
        arguments: [
            (8, 8, 64, 16), (1, 1, 16, 16), (7, 5, 48, 32), (2, 9, 32, 48), (16, 16, 16, 16), (9, 8, 16, 64),
        ])
    func convolution(height: Int, width: Int, inputs: Int, outputs: Int) {
        var shape = rl_winograd_shape(
            examples: 3, height: Int64(height), width: Int64(width), inputs: Int64(inputs), outputs: Int64(outputs))
        var turned = shape
        swap(&turned.inputs, &turned.outputs)
        let positions = 3 * height * width
        let (x, given) = (values(positions * inputs, "x"), values(positions * outputs, "gradient"))
        let (weights, bias) = (values(outputs * inputs * 9, "weights"), values(outputs, "bias"))
        let scratchCount = Int(max(rl_winograd_scratch(&shape), rl_winograd_scratch(&turned)))
        var scratch = [Float](repeating: .nan, count: scratchCount)
        var places = [Float](repeating: .nan, count: 16 * inputs * outputs)
        func guarded(_ count: Int) -> [Float] { [Float](repeating: .nan, count: count + 1) }
        var (y, inputGradient) = (guarded(positions * outputs), guarded(positions * inputs))
        var weightGradient = guarded(weights.count)

        rl_winograd_weights(shape.outputs, shape.inputs, weights, 0, &places)
        rl_winograd_convolve(&shape, x, places, bias, 1, &scratch, &y)
        rl_winograd_weights(turned.outputs, turned.inputs, weights, 1, &places)
        rl_winograd_convolve(&turned, given, places, nil, 0, &scratch, &inputGradient)
        rl_winograd_weight_gradient(&shape, x, given, &places, &scratch, &weightGradient)

        var sums = (0..<positions * outputs).map { Double(bias[$0 % outputs]) }
        var inputSums = [Double](repeating: 0, count: positions * inputs)
        var weightSums = [Double](repeating: 0, count: weights.count)
        forEachProduct(shape) { output, input, weight in
            sums[output] += Double(x[input]) * Double(weights[weight])
            inputSums[input] += Double(given[output]) * Double(weights[weight])
            weightSums[weight] += Double(given[output]) * Double(x[input])
        }
        expect(y, near: sums.map { max($0, 0) }, terms: 9 * inputs, "outputs")
        expect(inputGradient, near: inputSums, terms: 9 * outputs, "gradient by the inputs")
        expect(weightGradient, near: weightSums, terms: positions, "gradient by the weights")
    }
}
