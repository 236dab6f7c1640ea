internal import Foundation
internal import RLEditNN

/// A function of each element of an activation, made of one or more nodes that are no layer by themselves: GELU below opset
/// 20 is a division, an error function, a sum and two products. It is known by its values when something reads it.
struct Expression {
    let base: Port
    let function: Elementwise.Unary
    /// Nodes that it is made of; each use of a part counts.
    let cost: Int
    /// Where it is no activation as a whole: what it is made of, to be layers of their own.
    let parts: Parts?

    indirect enum Parts {
        case sum(Value, Value)
        case product(Value, Value)
        /// A function of what another expression gives.
        case chain(Expression, Elementwise.Unary)
    }

    static let mostCost = 256

    init(_ base: Port) {
        self.base = base
        function = { $0 }
        cost = 0
        parts = nil
    }

    init(_ base: Port, cost: Int, parts: Parts? = nil, _ function: @escaping Elementwise.Unary) throws {
        guard cost <= Expression.mostCost else {
            throw Refusal("too many operations on single elements follow each other")
        }
        self.base = base
        self.function = function
        self.cost = cost
        self.parts = parts
    }

    /// The activation that gives the same values; `.some(nil)` where the elements stay as they are.
    var activation: Activation.Function?? {
        let matches = { (reference: Elementwise.Unary) in
            Expression.samples.allSatisfy { abs(function($0) - reference($0)) <= 1e-6 * max(1, abs(reference($0))) }
        }
        if matches({ $0 }) { return .some(nil) }
        for (candidate, reference) in Expression.known where matches(reference) { return candidate }
        return nil
    }

    private static let samples = (0..<61).map { 0.3 * (Double($0) - 30) + 0.013 }

    private static let known: [(Activation.Function, Elementwise.Unary)] = [
        (.relu, { max($0, 0) }), (.relu6, { min(max($0, 0), 6) }),
        (.gelu, { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) }), (.tanh, { tanh($0) }),
        (.sigmoid, { 1 / (1 + exp(-$0)) }), (.silu, { $0 / (1 + exp(-$0)) }),
        (.geluTanh, { 0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }),
        (.hardSwish, { $0 * min(max($0 + 3, 0), 6) / 6 }), (.hardSigmoid, { min(max($0 + 3, 0), 6) / 6 }),
    ]
}
