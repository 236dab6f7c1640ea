internal import CKernels
internal import RLEditTensor

extension Conv2D {
    /// Whether Winograd's tiles of 2×2 outputs cover it: 3×3 with stride 1 and one zero around the picture.
    package var hasTiles: Bool {
        kernel == (3, 3) && stride == (1, 1) && padding == (1, 1) && dilation == (1, 1) && groups == 1
    }

    /// Whether its channels come in the blocks of the kernel that keeps tiles in the caches, and its transformed weights stay
    /// in the second-level cache.
    package var hasBlocks: Bool {
        inChannels % 16 == 0 && outChannels % 16 == 0 && inChannels * outChannels <= 1 << 14
    }

    /// A convolution by Winograd's products (Lavin and Gray, arXiv 1509.09308): sixteen for thirty-six, forward and backward.
    ///
    /// Convolutions with a bias of their own keep the numeric library, and so the bits that networks without batch norm have.
    final class WinogradKernel: LayerKernel {
        /// Smaller pictures have too few tiles.
        private static let smallestSide = 8

        private var forwardShape: rl_winograd_shape
        private var backwardShape: rl_winograd_shape
        /// Transformed weights, or the gradient by them.
        private let weights: TensorStorage
        private let scratch: TensorStorage
        private let hasBias: Bool
        private let rectifies: Bool

        /// Nil for what it is not made for.
        init?(layer: Conv2D, request: KernelRequest) {
            guard !layer.hasBias || request.foldsBatchNorm, layer.hasTiles, layer.hasBlocks,
                request.inputShape.dropFirst().allSatisfy({ $0 >= WinogradKernel.smallestSide })
            else { return nil }
            var shape = rl_winograd_shape()
            shape.examples = Int64(request.rows)
            shape.height = Int64(request.inputShape[1])
            shape.width = Int64(request.inputShape[2])
            (shape.inputs, shape.outputs) = (Int64(layer.inChannels), Int64(layer.outChannels))
            forwardShape = shape
            swap(&shape.inputs, &shape.outputs)
            backwardShape = shape
            (hasBias, rectifies) = (layer.hasBias, request.fusesReLU)
            weights = TensorStorage(uninitializedCount: 16 * layer.inChannels * layer.outChannels)
            scratch = TensorStorage(
                uninitializedCount: Int(max(rl_winograd_scratch(&forwardShape), rl_winograd_scratch(&backwardShape))))
        }

        func forward(_ pass: ForwardPass) {
            convolve(
                &forwardShape, pass.inputs[0], pass.parameters[0], turned: false,
                bias: hasBias ? pass.parameters[1] : nil, rectifies: rectifies, to: pass.output)
        }

        func backward(_ pass: BackwardPass) {
            rl_winograd_weight_gradient(
                &forwardShape, pass.inputs[0], pass.outputGradient, weights.pointer, scratch.pointer,
                pass.parameterGradients[0])
            if let gradient = pass.inputGradients[0] {
                convolve(
                    &backwardShape, pass.outputGradient, pass.parameters[0], turned: true, bias: nil, rectifies: false,
                    to: gradient)
            }
        }

        private func convolve(
            _ shape: inout rl_winograd_shape, _ x: UnsafePointer<Float>, _ values: UnsafePointer<Float>, turned: Bool,
            bias: UnsafePointer<Float>?, rectifies: Bool, to y: UnsafeMutablePointer<Float>
        ) {
            rl_winograd_weights(shape.outputs, shape.inputs, values, turned ? 1 : 0, weights.pointer)
            rl_winograd_convolve(&shape, x, weights.pointer, bias, rectifies ? 1 : 0, scratch.pointer, y)
        }
    }
}
