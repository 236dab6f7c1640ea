internal import Foundation

/// Layers written out as their definitions say, in Double and in PyTorch's memory order: slow, and obviously right.
package enum ReferenceLayers {
    /// A batch of images, `[rows, channels, height, width]`.
    package struct Shape: Sendable {
        package let rows: Int
        package let channels: Int
        package let height: Int
        package let width: Int

        package init(_ rows: Int, _ channels: Int, _ height: Int, _ width: Int) {
            (self.rows, self.channels, self.height, self.width) = (rows, channels, height, width)
        }

        func index(_ row: Int, _ channel: Int, _ y: Int, _ x: Int) -> Int {
            ((row * channels + channel) * height + y) * width + x
        }

        func contains(_ y: Int, _ x: Int) -> Bool { y >= 0 && y < height && x >= 0 && x < width }
    }

    /// How a window slides; pairs are (height, width).
    package struct Slide: Sendable {
        package var kernel: (Int, Int)
        package var stride = (1, 1)
        package var padding = (0, 0)
        package var dilation = (1, 1)

        package init(kernel: (Int, Int)) { self.kernel = kernel }

        func output(of input: Shape, channels: Int) -> Shape {
            Shape(
                input.rows, channels, (input.height + 2 * padding.0 - dilation.0 * (kernel.0 - 1) - 1) / stride.0 + 1,
                (input.width + 2 * padding.1 - dilation.1 * (kernel.1 - 1) - 1) / stride.1 + 1)
        }
    }

    package static func linear(_ x: [Double], weight: [Double], bias: [Double]?, rows: Int, inputs: Int) -> [Double] {
        let outputs = weight.count / inputs
        var y = [Double](repeating: 0, count: rows * outputs)
        for row in 0..<rows {
            for output in 0..<outputs {
                var sum = bias?[output] ?? 0
                for input in 0..<inputs { sum += x[row * inputs + input] * weight[output * inputs + input] }
                y[row * outputs + output] = sum
            }
        }
        return y
    }

    package static func convolution(
        _ x: [Double], _ input: Shape, weight: [Double], bias: [Double]?, outChannels: Int, _ slide: Slide
    ) -> [Double] {
        let output = slide.output(of: input, channels: outChannels)
        return fill(output) { row, channel, y, x0 in
            var sum = bias?[channel] ?? 0
            for c in 0..<input.channels {
                for i in 0..<slide.kernel.0 {
                    for j in 0..<slide.kernel.1 {
                        let (v, u) = (
                            y * slide.stride.0 - slide.padding.0 + i * slide.dilation.0,
                            x0 * slide.stride.1 - slide.padding.1 + j * slide.dilation.1
                        )
                        guard input.contains(v, u) else { continue }
                        let w = ((channel * input.channels + c) * slide.kernel.0 + i) * slide.kernel.1 + j
                        sum += x[input.index(row, c, v, u)] * weight[w]
                    }
                }
            }
            return sum
        }
    }

    package static func maxPool(_ x: [Double], _ input: Shape, _ slide: Slide) -> [Double] {
        pool(x, input, slide) { values, _ in values.max() ?? 0 }
    }

    /// - Parameter countsPadding: divide by the size of the window cut at the padding's edge, else by its positions
    ///   inside the input.
    package static func averagePool(
        _ x: [Double], _ input: Shape, _ slide: Slide, countsPadding: Bool
    ) -> [Double] {
        pool(x, input, slide) { values, padded in
            values.reduce(0, +) / Double(countsPadding ? padded : values.count)
        }
    }

    /// Mean of each channel.
    package static func globalAveragePool(_ x: [Double], _ input: Shape) -> [Double] {
        let area = input.height * input.width
        return (0..<(input.rows * input.channels)).map { plane in
            x[(plane * area)..<((plane + 1) * area)].reduce(0, +) / Double(area)
        }
    }

    package static func groupNorm(
        _ x: [Double], _ shape: Shape, groups: Int, epsilon: Double, weight: [Double], bias: [Double]
    ) -> [Double] {
        let area = shape.height * shape.width
        let size = shape.channels / groups * area
        var y = x
        for start in stride(from: 0, to: x.count, by: size) {
            let part = x[start..<(start + size)]
            let mean = part.reduce(0, +) / Double(size)
            let variance = part.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(size)
            for index in part.indices {
                let channel = index / area % shape.channels
                y[index] = (x[index] - mean) / (variance + epsilon).squareRoot() * weight[channel] + bias[channel]
            }
        }
        return y
    }

    /// Over `width` values that are `step` apart.
    package static func softmax(_ x: [Double], width: Int, step: Int) -> [Double] {
        x.indices.map { index in
            let first = index / (width * step) * width * step + index % step
            return exp(x[index] - logSumExp((0..<width).map { x[first + $0 * step] }))
        }
    }

    package static func gelu(_ x: Double) -> Double { x * 0.5 * (1 + erf(x / 2.0.squareRoot())) }
    package static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    package static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
    package static func logSumExp(_ x: some Collection<Double>) -> Double {
        let largest = x.max() ?? 0
        return largest + log(x.reduce(0) { $0 + exp($1 - largest) })
    }
    package static func logOnePlusExp(_ x: Double) -> Double { logSumExp([0, x]) }

    private static func pool(
        _ x: [Double], _ input: Shape, _ slide: Slide, _ reduce: (_ values: [Double], _ padded: Int) -> Double
    ) -> [Double] {
        fill(slide.output(of: input, channels: input.channels)) { row, channel, y, x0 in
            var (values, padded) = ([Double](), 0)
            for i in 0..<slide.kernel.0 {
                for j in 0..<slide.kernel.1 {
                    let (v, u) = (
                        y * slide.stride.0 - slide.padding.0 + i, x0 * slide.stride.1 - slide.padding.1 + j
                    )
                    if v < input.height + slide.padding.0, u < input.width + slide.padding.1 { padded += 1 }
                    if input.contains(v, u) { values.append(x[input.index(row, channel, v, u)]) }
                }
            }
            return reduce(values, padded)
        }
    }

    private static func fill(_ shape: Shape, _ value: (Int, Int, Int, Int) -> Double) -> [Double] {
        var result = [Double](repeating: 0, count: shape.rows * shape.channels * shape.height * shape.width)
        for row in 0..<shape.rows {
            for channel in 0..<shape.channels {
                for y in 0..<shape.height {
                    for x in 0..<shape.width { result[shape.index(row, channel, y, x)] = value(row, channel, y, x) }
                }
            }
        }
        return result
    }
}
