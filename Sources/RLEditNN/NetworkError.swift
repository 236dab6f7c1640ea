internal import RLEditCore
public import RLEditTensor

/// What can go wrong when a network is built, run, trained or filled, with the evidence needed to fix it.
public enum NetworkError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Two nodes of one network have the same name.
    case duplicateNode(name: String)
    /// Node names are parts separated by dots, as PyTorch names modules within modules (`features.0`). No part is empty,
    /// and none holds a control character.
    case invalidNodeName(name: String, reason: String)
    /// A node has the name of another node's parameter, or begins with it: `fc1.weight` beside `fc1`.
    case nodeNamedAsParameter(name: String, parameter: String)
    /// A node reads from itself, from a later node, or from an index that no node has.
    case invalidNodeInput(node: String, input: Int)
    /// A layer cannot take this input (shapes per example, channels first).
    case layerInput(layer: String, expected: String, actual: [Int])
    /// A setting of a layer lies outside its documented range.
    case layerSetting(layer: String, field: String, expected: String, actual: String)
    /// An error of a layer, with the node it happened in.
    indirect case node(name: String, cause: NetworkError)
    /// No layer has this name.
    case unknownLayer(name: String, known: [String])
    /// No parameter has this name.
    case unknownParameter(name: String, known: [String])
    /// Files cannot keep parameters as a layer says (``StoredTensor``).
    case stored(name: String, reason: String)
    /// A parameter's new value has another shape.
    case parameterShape(name: String, expected: [Int], actual: [Int])
    /// The examples do not fit the network: `expected` and `actual` are whole shapes, rows first.
    case inputShape(operation: String, expected: String, actual: [Int])
    /// Examples of another shape than the network takes: `expected` is that of one example, `actual` that of the batch.
    case exampleShape(expected: [Int], actual: [Int])
    /// Nothing to compute on.
    case noExamples(operation: String)
    /// A node index that the network does not have.
    case nodeIndex(operation: String, index: Int, count: Int)
    /// A class label outside `0 ..< classes`; `example` counts from 0 within what was handed in.
    case labelOutOfRange(label: Int, classes: Int, example: Int)
    /// Not one target for each input.
    case unpaired(inputs: Int, targets: Int, areLabels: Bool)
    /// An input or a target that is NaN or infinite.
    case notFinite(NotFiniteValue)
    /// Targets of a kind or number that the loss does not take.
    case targets(loss: String, expected: String, actual: String)
    /// A training option outside its documented range.
    case option(field: String, expected: String, actual: String)
    /// The loss became NaN or infinite: the learning rate is probably too high.
    case divergedLoss(epoch: Int, batch: Int, loss: Float)
    /// A parameter became NaN or infinite in the last steps of training.
    case divergedParameter(name: String)
    /// Saved optimizer state does not fit this optimizer.
    case optimizerState(expected: String, actual: String)
    /// The numeric library refused an operation that passed our own checks.
    case kernel(operation: String, status: Int)

    public var description: String {
        switch self {
        case .duplicateNode(let name): "two layers are named '\(name)'"
        case .invalidNodeName(let name, let reason):
            "'\(SafetensorsError.printable(name))' is not a layer name: \(reason)"
        case .nodeNamedAsParameter(let name, let parameter):
            "a layer cannot be named '\(name)': '\(parameter)' is a parameter of another layer"
        case .invalidNodeInput(let node, let input):
            "layer '\(node)' reads from node \(input), which does not precede it"
        case .layerInput(let layer, let expected, let actual):
            "\(layer): expected \(expected), got an input of shape \(actual)"
        case .layerSetting(let layer, let field, let expected, let actual):
            "\(layer): \(field) must be \(expected), got \(actual)"
        case .node(let name, let cause): "layer '\(name)': \(cause.description)"
        case .unknownLayer(let name, let known):
            "no layer is named '\(SafetensorsError.printable(name))'"
                + NearestName.help(for: name, among: known, of: "layers")
        case .unknownParameter(let name, let known):
            "no parameter is named '\(name)'; the parameters are \(known.joined(separator: ", "))"
        case .stored(let name, let reason): "the stored tensor '\(SafetensorsError.printable(name))': \(reason)"
        case .parameterShape(let name, let expected, let actual):
            "parameter '\(name)': expected shape \(expected), got \(actual)"
        case .inputShape(let operation, let expected, let actual):
            "\(operation): expected examples of shape \(expected), got \(actual)"
        case .exampleShape(let expected, let actual):
            "expected examples of shape [\((["N"] + expected.map(String.init)).joined(separator: ", "))], got \(actual)"
                + ExampleFault.remedy(actual, expected: expected)
        case .noExamples(let operation): "\(operation): at least one example expected, got none"
        case .nodeIndex(let operation, let index, let count):
            "\(operation): node \(index) is outside a network of \(count) layers"
        case .labelOutOfRange(let label, let classes, let example):
            ExampleFault.label(label, example: example, classes: classes)
        case .unpaired(let inputs, let targets, let areLabels):
            "\(inputs) input\(inputs == 1 ? "" : "s"), but \(targets) \(areLabels ? "label" : "target")"
                + "\(targets == 1 ? "" : "s"): each input needs one"
        case .notFinite(let value): value.description
        case .targets(let loss, let expected, let actual): "\(loss): expected \(expected), got \(actual)"
        case .option(let field, let expected, let actual): "\(field) must be \(expected), got \(actual)"
        case .divergedLoss(let epoch, let batch, let loss):
            "training diverged: the loss is \(loss.isNaN ? "nan" : "\(loss)") in epoch \(epoch), batch \(batch); try a lower learning rate"
        case .divergedParameter(let name):
            "training diverged: parameter '\(name)' is no longer finite; try a lower learning rate"
        case .optimizerState(let expected, let actual): "optimizer state: expected \(expected), got \(actual)"
        case .kernel(let operation, let status): "\(operation): the numeric library failed (status \(status))"
        }
    }
}

extension NetworkError {
    static func unpaired(inputs: Int, targets: Targets) -> NetworkError {
        if case .values = targets { return .unpaired(inputs: inputs, targets: targets.count, areLabels: false) }
        return .unpaired(inputs: inputs, targets: targets.count, areLabels: true)
    }
}

/// Runs `body` on rows drawn from a source: an example at fault is named by its index there, not by its row.
/// - Parameter index: of the example in a row.
package func namingExamples<Result>(_ index: (Int) -> Int, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch NetworkError.labelOutOfRange(let label, let classes, let row) {
        throw NetworkError.labelOutOfRange(label: label, classes: classes, example: index(row))
    }
}
