internal import CKernels
public import RLEditCore
internal import RLEditTensor

/// While training, sets each element to zero with probability `rate` and scales the others by 1 / (1 − rate)
/// (Srivastava et al. 2014, inverted form); passes everything through at inference.
public struct Dropout: DescribedLayer {
    /// Probability of zero, in 0 ..< 1.
    public private(set) var rate: Float

    static let constructor = LayerConstructor(
        "dropout", baseName: "dropout", positional: 1, Dropout(),
        "Sets values to 0 at random while training, and scales the others up; does nothing otherwise.")

    public var settings: [Setting<Dropout>] { [.number("rate", \.preciseRate, .decay, "share of values set to 0")] }

    private var preciseRate: Double {
        get { Double(rate) }
        set { rate = Float(newValue) }
    }

    public init(_ rate: Float = 0.5) { self.rate = rate }

    public var kind: String { "Dropout" }
    public var summary: String { "rate \(rate)" }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        guard rate >= 0, rate < 1 else {
            throw .layerSetting(layer: kind, field: "rate", expected: "at least 0 and below 1", actual: "\(rate)")
        }
        return try onlyInput(inputs)
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(rate: rate, count: request.outputCount, isTraining: request.isTraining)
    }

    private final class Kernel: LayerKernel {
        private let rate: Float
        private let count: Int
        /// 0 or 1 / (1 − rate) for each element, drawn again in every training pass.
        private let factors: UnsafeMutablePointer<Float>?
        private var isDropping = false

        init(rate: Float, count: Int, isTraining: Bool) {
            self.rate = rate
            self.count = count
            factors = isTraining ? .allocate(capacity: max(count, 1)) : nil
        }

        deinit { factors?.deallocate() }

        func forward(_ pass: ForwardPass) {
            isDropping = false
            guard rate > 0, let factors, var random = pass.random else {
                pass.output.update(from: pass.inputs[0], count: count)
                return
            }
            isDropping = true
            let scale = 1 / (1 - rate)
            for index in 0..<count { factors[index] = random.uniform() < rate ? 0 : scale }
            rl_multiply(pass.inputs[0], factors, pass.output, Int64(count))
        }

        func backward(_ pass: BackwardPass) {
            guard let gradient = pass.inputGradients[0] else { return }
            if isDropping, let factors {
                rl_multiply(pass.outputGradient, factors, gradient, Int64(count))
            } else {
                gradient.update(from: pass.outputGradient, count: count)
            }
        }
    }
}
