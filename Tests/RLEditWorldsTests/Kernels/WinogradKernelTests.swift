internal import CKernels
internal import RLEditTensor
internal import Testing

/// Winograd's products against the sum that defines a convolution, in double precision.
@Suite("Winograd kernels")
struct WinogradKernelTests {
    private static let filters = 16

    private func values(_ count: Int, _ name: String) -> [Float] {
        var stream = RandomStream(seed: 7, name: name)
        return (0..<count).map { _ in stream.normal() }
    }

    /// Output `filter` at one position of an example `[height, width, channels]`.
    private func convolution(
        _ x: ArraySlice<Float>, _ weights: [Float], filter: Int, row: Int, column: Int, _ height: Int, _ width: Int,
        _ channels: Int
    ) -> Double {
        var sum = 0.0
        for (down, across) in (0..<9).map({ ($0 / 3, $0 % 3) }) {
            let (r, c) = (row + down - 1, column + across - 1)
            guard (0..<height).contains(r), (0..<width).contains(c) else { continue }
            for channel in 0..<channels {
                let weight = weights[((filter * channels + channel) * 3 + down) * 3 + across]
                sum += Double(weight) * Double(x[x.startIndex + (r * width + c) * channels + channel])
            }
        }
        return sum
    }

    @Test(
        "sixteen filters give what the definition gives, on even and odd sizes, and nothing beside their outputs",
        arguments: [(8, 8, 64), (1, 1, 16), (7, 5, 48), (2, 9, 32), (16, 16, 16)])
    func filters(height: Int, width: Int, channels: Int) {
        let (examples, filters) = (3, WinogradKernelTests.filters)
        let x = values(examples * height * width * channels, "x")
        let weights = values(filters * channels * 9, "weights")
        var transformed = [Float](repeating: .nan, count: 16 * channels * filters)
        rl_winograd_weights(
            Int64(filters), Int64(channels), weights, [Float](repeating: 1, count: filters), Int64(filters), 0,
            &transformed)
        let count = examples * height * width * filters
        var y = [Float](repeating: .nan, count: count + 1)
        var framed = [Float](repeating: .nan, count: (height + 3) * (width + 3) * channels)
        rl_winograd_filters(
            Int64(examples), Int64(height), Int64(width), Int64(channels), x, transformed, &framed, &y)
        var worst = 0.0
        for place in 0..<count {
            let (filter, position) = (place % filters, place / filters)
            let example = position / (height * width)
            let size = height * width * channels
            let expected = convolution(
                x[(example * size)..<((example + 1) * size)], weights, filter: filter,
                row: position / width % height, column: position % width, height, width, channels)
            let error = abs(Double(y[place]) - expected)
            worst = error.isNaN ? .infinity : max(worst, error)
        }
        // Sums of 9 · channels products of normal numbers.
        #expect(worst <= 1e-6 * Double(9 * channels), "off by \(worst)")
        #expect(y[count].isNaN)
    }
}
