public import RLEditCore

/// Channels of pictures of one size, or features of vectors, after each other.
public struct Concatenate: DescribedLayer {
    public init() {}

    static let constructor = LayerConstructor(
        "concatenate", baseName: "concatenate", inputs: .several, Concatenate(),
        "The channels of pictures of one size, or the features of vectors or tokens, after each other.")

    public var kind: String { "Concatenate" }
    public var settings: [Setting<Concatenate>] { [] }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        let first = try severalInputs(inputs)
        let place = ActivationShape(first).featurePlace
        var result = first
        for other in inputs.dropFirst() {
            guard other.count == first.count,
                first.indices.allSatisfy({ $0 == place || first[$0] == other[$0] })
            else {
                throw .layerInput(
                    layer: kind, expected: "another input like \(first) but for its channels", actual: other)
            }
            let (sum, overflow) = result[place].addingReportingOverflow(other[place])
            guard !overflow else {
                throw .layerInput(layer: kind, expected: "fewer channels", actual: other)
            }
            result[place] = sum
        }
        return result
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        let widths = request.inputShapes.map { ActivationShape($0).features }
        return SideBySideKernel(rows: request.outputCount / max(widths.reduce(0, +), 1), widths: widths)
    }
}

/// Joins the rows of several inputs, whatever a row is: in memory channels are last for every rank, so what belongs to one
/// position lies in one piece.
final class SideBySideKernel: LayerKernel {
    private let rows: Int
    /// Floats of a row of each input.
    private let widths: [Int]

    init(rows: Int, widths: [Int]) {
        self.rows = rows
        self.widths = widths
    }

    func forward(_ pass: ForwardPass) {
        eachPart { input, place, from, width in
            (pass.output + place).update(from: pass.inputs[input] + from, count: width)
        }
    }

    func backward(_ pass: BackwardPass) {
        eachPart { input, place, from, width in
            guard let gradient = pass.inputGradients[input] else { return }
            (gradient + from).update(from: pass.outputGradient + place, count: width)
        }
    }

    private func eachPart(_ body: (_ input: Int, _ place: Int, _ from: Int, _ width: Int) -> Void) {
        let total = widths.reduce(0, +)
        for row in 0..<rows {
            var place = row * total
            for (input, width) in widths.enumerated() {
                body(input, place, row * width, width)
                place += width
            }
        }
    }
}
