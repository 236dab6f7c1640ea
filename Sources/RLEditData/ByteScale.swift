/// What the bytes of examples mean: each is divided by `divisor`; then, where there is a normalization, the mean of its
/// channel is subtracted and the difference divided by the channel's deviation.
package struct ByteScale: Equatable, Sendable {
    package let divisor: Float
    package let normalization: Normalization?

    package init(divisor: Float, normalization: Normalization? = nil) {
        self.divisor = divisor
        self.normalization = normalization
    }

    /// The values of an example's bytes.
    func write(_ bytes: UnsafeBufferPointer<UInt8>, to target: UnsafeMutableBufferPointer<Float>) {
        guard let normalization else {
            for place in bytes.indices { target[place] = Float(bytes[place]) / divisor }
            return
        }
        let width = bytes.count / normalization.mean.count
        for (channel, (mean, deviation)) in zip(normalization.mean, normalization.deviation).enumerated() {
            for place in (channel * width)..<((channel + 1) * width) {
                target[place] = (Float(bytes[place]) / divisor - mean) / deviation
            }
        }
    }

    /// The value of each byte, for each channel; one table serves all where no normalization tells them apart.
    var tables: [[Float]] {
        let plain = (0..<256).map { Float($0) / divisor }
        guard let normalization else { return [plain] }
        return zip(normalization.mean, normalization.deviation).map { mean, deviation in
            plain.map { ($0 - mean) / deviation }
        }
    }
}

/// Mean and deviation of each channel of pictures whose levels are in 0 … 1: what a network was trained to expect.
public struct Normalization: Equatable, Sendable {
    public let mean: [Float]
    public let deviation: [Float]

    /// - Parameters:
    ///   - mean: finite, one for each channel.
    ///   - deviation: positive, as many.
    /// - Throws: ``DataError/invalidArgument(operation:message:)``.
    public init(mean: [Float], deviation: [Float]) throws(DataError) {
        guard !mean.isEmpty, mean.count == deviation.count else {
            throw .invalidArgument(
                operation: "normalize",
                message: "a mean and a deviation for each channel expected, got \(mean.count) and \(deviation.count)")
        }
        guard mean.allSatisfy(\.isFinite), deviation.allSatisfy({ $0 > 0 && $0.isFinite && (1 / $0).isFinite }) else {
            throw .invalidArgument(
                operation: "normalize",
                message: "means must be finite and deviations positive, got \(mean) and \(deviation)")
        }
        (self.mean, self.deviation) = (mean, deviation)
    }

    private init(_ mean: [Float], _ deviation: [Float]) { (self.mean, self.deviation) = (mean, deviation) }

    /// Those that have a name: of the training images of ImageNet, as torchvision's models expect them, and of CIFAR-10.
    public static let named: [(name: String, value: Normalization)] = [
        ("imagenet", Normalization([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])),
        ("cifar10", Normalization([0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616])),
    ]

    /// - Throws: ``DataError/invalidArgument(operation:message:)`` for another number of channels than these.
    func check(channels: Int) throws(DataError) {
        guard mean.count == channels else {
            throw .invalidArgument(
                operation: "normalize",
                message:
                    "the pictures have \(channels) channel\(channels == 1 ? "" : "s"), and the mean has \(mean.count)")
        }
    }
}
