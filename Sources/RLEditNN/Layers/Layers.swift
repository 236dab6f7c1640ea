public import RLEditCore

/// A layer that describes itself: its settings are declared once, and constructors in scripts, model files and the
/// reference pages are all made from them.
///
/// To add a layer: a type that conforms, in a file of its own, with a ``LayerConstructor``, and a line in ``Layers/all``.
public protocol DescribedLayer: Layer, Configurable {}

extension DescribedLayer {
    public var owner: String { kind }
    package var hasSettings: Bool { !settings.isEmpty }
}

/// How scripts make one kind of layer.
public struct LayerConstructor: Sendable {
    /// The function's name in scripts: `conv2d`.
    public let name: String
    /// What a layer without a name of its own is named after: `conv` gives `conv1`, `conv2`, ….
    public let baseName: String
    /// How many settings may be given by place, from the first.
    public let positional: Int
    /// The setting that the channels or features of the node before it give, when they are known: `inputs`.
    public let sizeSetting: String?
    /// How many nodes a layer of this kind reads.
    public let inputs: LayerInputs
    /// For users, a few sentences.
    public let documentation: String
    /// The layer with every setting at its default, and those that have to be given at some valid value.
    public let prototype: any DescribedLayer

    init(
        _ name: String, baseName: String, positional: Int = 0, size: String? = nil, inputs: LayerInputs = .one,
        _ prototype: any DescribedLayer, _ documentation: String
    ) {
        self.name = name
        self.baseName = baseName
        self.positional = positional
        sizeSetting = size
        self.inputs = inputs
        self.prototype = prototype
        self.documentation = documentation
    }
}

/// How many nodes a layer reads.
public enum LayerInputs: Sendable, Equatable {
    case one
    /// Two or more of equal rights.
    case several
    /// One for each of these names, and for the optional one after them if it is given.
    case named([String], optional: String? = nil)
}

/// Every layer that networks can be built from.
public enum Layers {
    public static let all: [LayerConstructor] =
        [
            Linear.constructor, Conv2D.constructor, EmbeddingBag.constructor, BatchNorm.constructor,
            LayerNorm.constructor, GroupNorm.constructor, MaxPool2D.constructor, AveragePool2D.constructor,
            GlobalAveragePool2D.constructor, PadChannels.constructor, Slice.constructor, Flatten.constructor,
            Dropout.constructor, Softmax.constructor, Add.constructor, Multiply.constructor, Concatenate.constructor,
            TokenEmbedding.constructor, PositionEmbedding.constructor, PixelTokens.constructor,
            ClassToken.constructor, Attention.constructor,
        ] + TokenPooling.constructors + Activation.constructors

    /// The constructor whose layers are of this kind, as model files name it: `Conv2D`.
    public static func constructor(ofKind kind: String) -> LayerConstructor? {
        all.first { $0.prototype.kind == kind }
    }
}
