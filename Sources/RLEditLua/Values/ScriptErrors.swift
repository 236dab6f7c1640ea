internal import LuaBridge
internal import RLEditData
internal import RLEditNN
internal import RLEditTensor

extension LuaCall {
    /// Runs `body`; what it refuses becomes an error about argument `number`.
    func blaming<Result>(_ number: Int, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as TensorError {
            throw argumentError(number, error.scriptReason)
        } catch let error as DataError {
            throw argumentError(number, error.scriptReason)
        } catch let error as NetworkError {
            throw argumentError(number, error.scriptReason)
        } catch let error as NotFiniteValue {
            throw argumentError(number, error.description)
        }
    }
}

extension TensorError {
    /// The error without the operation's name, and with indices that count from 1.
    var scriptReason: String {
        switch self {
        case .shapeMismatch(_, let expected, let actual): "shape mismatch: expected \(expected), got \(actual)"
        case .notBroadcastable(_, let left, let right): "shape mismatch: expected \(left), got \(right)"
        case .rankMismatch(_, let expected, let actual): "expected \(expected), got shape \(actual)"
        case .dimensionOutOfRange(_, let dimension, let rank):
            "dimension \(dimension + 1) is outside a tensor of rank \(rank)"
        case .indexOutOfRange(_, let index, let count): "index \(index + 1) is outside a dimension of \(count)"
        case .invalidArgument(_, let message): message
        case .countMismatch, .invalidShape, .kernelFailure: description
        }
    }
}

extension DataError {
    /// The error without the operation's name, and with indices that count from 1.
    var scriptReason: String {
        switch self {
        case .tooFewExamples(_, let set, let requested, let available):
            "\(requested) examples asked for, but set '\(set)' holds \(available)"
        case .indexOutOfRange(_, let index, let count): "index \(index + 1) is outside a set of \(count) examples"
        case .shapeMismatch(_, let expected, let actual): "shape mismatch: expected \(expected), got \(actual)"
        case .invalidArgument(_, let message): message
        default: description
        }
    }
}

extension NetworkError {
    /// The error without the operation's name.
    var scriptReason: String {
        switch self {
        case .inputShape(_, let expected, let actual): "expected examples of shape \(expected), got \(actual)"
        case .noExamples: "at least one example expected, got none"
        default: description
        }
    }
}

/// What scripts are asked for when they count dimensions and elements: from 1, or from the end when negative.
enum ScriptIndex {
    /// The 0-based index that a script's index means; nil outside `count`.
    static func resolve(_ index: Int, count: Int) -> Int? {
        if index >= 1, index <= count { return index - 1 }
        if index < 0, index >= -count { return count + index }
        return nil
    }
}

enum ScriptNumber {
    /// A number in a message. NaN has a sign that means nothing: `0/0` has one on some processors.
    static func text(_ value: Double) -> String { value.isNaN ? "nan" : "\(value)" }
}
