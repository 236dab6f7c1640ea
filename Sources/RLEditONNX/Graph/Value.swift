/// What a layer gives, or the network's input.
struct Port: Equatable {
    /// Index of the node; -1 is the input.
    let port: Int
    /// As ONNX has it, the batch first.
    let shape: [Int]

    var batch: Int { shape.first ?? 1 }
    /// Of one example.
    var own: [Int] { Array(shape.dropFirst()) }
}

/// What a name of the graph means while it is read. Nodes that are no layer by themselves give a value that tells how far a
/// pattern has come; what reads it goes on from there, or makes it an activation (``Importer/activation(_:)``).
enum Value {
    case constant(Constant)
    case activation(Port)
    case expression(Expression)
    /// Zeros around pictures, for the convolution that reads them.
    case padded(Port, height: Int, width: Int)
    /// The mean of each channel, `[batch, channels, 1, 1]`.
    case pooled(Port)
    /// `x · W` with a constant `[in, out]`: a linear layer that may still get its bias.
    case product(View, Constant)
    case statistic(Statistic)
    case grouped(GroupedNorm)
    /// Elements of an activation in another shape or order.
    case view(View)
    case scores(AttentionScores)
    case mask(Mask)
    case positions(Positions)
    /// The first rows of a table, `[1, length, features]`, or its row 0 for every token.
    case rows(Constant, length: Int, isShared: Bool)
    /// What a node gives that is not supported, or an output that nobody may read.
    case unknown
}

/// A layer norm on its way: what has been computed of the last dimension.
struct Statistic {
    enum Step {
        case mean, centred, squared, variance
        case shiftedVariance(Double)
        case deviation(Double)
        case inverse(Double)
        case normalized(Double)
        case scaled(Double, Constant)
    }
    let base: Port
    let step: Step
}

/// A group norm on its way: channels that are cut into groups, normalized, and put together again.
struct GroupedNorm {
    let base: Port
    let epsilon: Double
    /// As ONNX has it: groups in the place of channels until it is that of the base again.
    var shape: [Int]
    /// Of each group, `[groups]`.
    let scale: Constant
    let shift: Constant
    /// A factor of each channel.
    var weight: Constant?
}

/// `Q Kᵀ` on its way to attention.
struct AttentionScores {
    let query: View
    /// As the queries lie.
    let key: View
    /// The dimensions of batch and heads.
    var leading: [Int]
    /// Factor of the products.
    var scale: Double
    var isMasked = false
    var isSoftmax = false
    /// As ONNX has it.
    var shape: [Int] { leading + [query.base.shape[1], query.base.shape[1]] }
}

/// What is computed of the mask of a text: one number where there is a token, another where there is none.
struct Mask {
    /// The place in the text that each element speaks of, in the shape that the graph has it.
    var places: Constant
    var token: Double
    var padding: Double

    var shape: [Int] { places.shape }
}

/// Numbers of the tokens of a text, which an exporter counts by sums over the mask: RoBERTa's positions.
struct Positions {
    /// `[batch, length]`
    let shape: [Int]
    /// Number of the first token; the next has one more.
    var first: Double
    /// What padding has; nil for as much as the last token.
    var padding: Double?
}
