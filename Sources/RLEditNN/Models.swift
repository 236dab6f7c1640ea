public import RLEditTensor

/// Networks for the built-in tasks.
public enum Models {
    /// The classifier of the unlearning task for 28×28 grey images: conv 16 and conv 32 (3×3, padding 1, each followed
    /// by ReLU and 2×2 max pooling), then 1568 → 128 → 32 → 10 with ReLU. The layer usually edited is `fc2` (128 → 32).
    /// - Parameter random: the stream initial values are drawn from.
    public static func digitCNN(random: RandomStream) throws -> Network {
        try Network(
            inputShape: [1, 28, 28],
            layers: [
                ("conv1", Conv2D(1, 16, kernel: 3, padding: 1)), ("relu1", Activation.relu), ("pool1", MaxPool2D(2)),
                ("conv2", Conv2D(16, 32, kernel: 3, padding: 1)), ("relu2", Activation.relu), ("pool2", MaxPool2D(2)),
                ("flatten", Flatten()), ("fc1", Linear(1568, 128)), ("relu3", Activation.relu),
                ("fc2", Linear(128, 32)), ("relu4", Activation.relu), ("fc3", Linear(32, 10)),
            ], random: random)
    }

    /// A classifier of texts as bags of words: `embedding` (words → first width), then linear layers `fc1`, `fc2`, …, with
    /// `relu1`, `relu2`, … between them. For widths 5000, 64, 16, 2 the layers that can be edited are `fc1` (64 → 16) and
    /// `fc2` (16 → 2).
    /// - Parameter widths: words, hidden units, and classes; at least three.
    public static func bagOfWords(widths: [Int], random: RandomStream) throws -> Network {
        guard widths.count >= 3 else {
            throw NetworkError.layerSetting(
                layer: "bagOfWords", field: "widths", expected: "at least three sizes", actual: "\(widths)")
        }
        var layers: [(name: String, layer: any Layer)] = [("embedding", EmbeddingBag(widths[0], widths[1]))]
        for index in 2..<widths.count {
            layers.append(("relu\(index - 1)", Activation.relu))
            layers.append(("fc\(index - 1)", Linear(widths[index - 1], widths[index])))
        }
        return try Network(inputShape: [widths[0]], layers: layers, random: random)
    }

    /// Linear layers of the given widths with an activation between them, named `fc1`, `act1`, `fc2`, … .
    /// - Parameter widths: features of the input, of each hidden layer, and of the output; at least two.
    public static func mlp(widths: [Int], activation: Activation = .relu, random: RandomStream) throws -> Network {
        guard widths.count >= 2 else {
            throw NetworkError.layerSetting(
                layer: "mlp", field: "widths", expected: "at least two sizes", actual: "\(widths)")
        }
        var layers: [(name: String, layer: any Layer)] = []
        for index in 1..<widths.count {
            layers.append(("fc\(index)", Linear(widths[index - 1], widths[index])))
            if index < widths.count - 1 { layers.append(("act\(index)", activation)) }
        }
        return try Network(inputShape: [widths[0]], layers: layers, random: random)
    }
}
