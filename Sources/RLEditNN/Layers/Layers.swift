public import RLEditCore

/// A layer that describes itself: its settings are declared once, and constructors in scripts, model files and the
/// reference pages are all made from them.
///
/// To add a layer: a type that conforms, in a file of its own, with a ``LayerConstructor``, and a line in ``Layers/all``.
public protocol DescribedLayer: Layer, Configurable {}

extension DescribedLayer {
    public var owner: String { kind }
}

/// How scripts make one kind of layer.
public struct LayerConstructor: Sendable {
    /// The function's name in scripts: `conv2d`.
    public let name: String
    /// What a layer without a name of its own is named after: `conv` gives `conv1`, `conv2`, ….
    public let baseName: String
    /// How many settings may be given by place, from the first.
    public let positional: Int
    /// How many nodes a layer of this kind reads.
    public let inputs: LayerInputs
    /// For users, a few sentences.
    public let documentation: String
    /// The layer with every setting at its default, and those that have to be given at some valid value.
    public let prototype: any DescribedLayer

    init(
        _ name: String, baseName: String, positional: Int = 0, inputs: LayerInputs = .one,
        _ prototype: any DescribedLayer, _ documentation: String
    ) {
        self.name = name
        self.baseName = baseName
        self.positional = positional
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
    /// One for each of these names.
    case named([String])
}

/// Every layer that networks can be built from.
public enum Layers {
    public static let all: [LayerConstructor] =
        [
            Linear.constructor, Conv2D.constructor, EmbeddingBag.constructor, BatchNorm.constructor,
            LayerNorm.constructor, MaxPool2D.constructor, AveragePool2D.constructor, GlobalAveragePool2D.constructor,
            PadChannels.constructor, Flatten.constructor, Dropout.constructor, Add.constructor, Multiply.constructor,
            Concatenate.constructor,
        ] + Activation.constructors

    /// The constructor whose layers are of this kind, as model files name it: `Conv2D`.
    public static func constructor(ofKind kind: String) -> LayerConstructor? {
        all.first { $0.prototype.kind == kind }
    }
}
