internal import RLEditTensor

/// Why a method cannot work on what it was given, with the evidence needed to fix it.
public enum BaselineError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The network's output is not a vector of class scores.
    case outputNotClasses(shape: [Int])
    /// The network does not decide between two classes.
    case outputNotBinary(shape: [Int])
    /// A set that the method needs holds no example.
    case emptySet(String)
    /// Examples that the network does not take.
    case exampleShape(set: String, expected: [Int], actual: [Int])
    /// A label without a score; `example` counts from 0.
    case labelOutOfRange(set: String, example: Int, label: Int, classes: Int)
    /// The classes to forget are all there are, so that none is left to answer.
    case noOtherClass(classes: Int)
    /// The method changes the biases of the output layer, and there are none.
    case noOutputBias(layer: String)
    /// The method prunes channels of batch norms, and there are none.
    case noBatchNorm
    /// The method needs something of a set that this one has not.
    case unsuitableSet(String, reason: String)
    /// The network gives NaN or infinity.
    case scoresNotFinite(set: String)
    /// The person has asked to stop.
    case interrupted

    public var description: String {
        switch self {
        case .outputNotClasses(let shape):
            "the network's output of shape \(shape) per example is not a vector of class scores"
        case .outputNotBinary(let shape):
            "the network's output of shape \(shape) per example is not a decision between two classes"
        case .emptySet(let set): "the set '\(set)' holds no example"
        case .exampleShape(let set, let expected, let actual):
            "the set '\(set)': expected examples of shape \(expected), got \(actual)"
                + ExampleFault.remedy([1] + actual, expected: expected)
        case .labelOutOfRange(let set, let example, let label, let classes):
            "the set '\(set)': \(ExampleFault.label(label, example: example, classes: classes))"
        case .noOtherClass(let classes):
            "the set 'forget' holds all \(classes) classes: none is left to answer instead"
        case .noOutputBias(let layer): "the output layer '\(layer)' has no bias to change"
        case .noBatchNorm: "the network has no batch norm whose channels could be pruned"
        case .unsuitableSet(let set, let reason): "the set '\(set)' \(reason)"
        case .scoresNotFinite(let set): "the network's scores on the set '\(set)' are not all finite numbers"
        case .interrupted: "interrupted"
        }
    }
}
