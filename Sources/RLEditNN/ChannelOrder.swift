internal import CKernels

/// How the activations of one shape lie in memory: see "Shapes and memory order" at ``Layer``.
struct ChannelOrder: Sendable {
    let channels: Int
    let positions: Int
    /// Elements of one example.
    let count: Int

    /// - Parameter shape: per example, `[channels, height, width]` or another rank, which has one order only.
    init(shape: [Int]) {
        count = shape.reduce(1, *)
        let activation = ActivationShape(shape)
        channels = activation.isPicture ? activation.features : 1
        positions = activation.isPicture ? activation.positions : count
    }

    /// Whether both orders are the same bytes.
    var isTrivial: Bool { channels == 1 || positions == 1 }

    func channelsLast(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, rows: Int) {
        if isTrivial {
            target.update(from: source, count: rows * count)
        } else {
            rl_channels_last(source, target, Int64(rows), Int64(channels), Int64(positions))
        }
    }

    func channelsFirst(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, rows: Int) {
        if isTrivial {
            target.update(from: source, count: rows * count)
        } else {
            rl_channels_first(source, target, Int64(rows), Int64(channels), Int64(positions))
        }
    }
}
