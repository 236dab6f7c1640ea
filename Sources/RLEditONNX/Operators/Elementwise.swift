internal import Foundation

/// Functions of single numbers, for constants and for telling which activation a chain of nodes is.
enum Elementwise {
    typealias Unary = @Sendable (Double) -> Double
    typealias Binary = @Sendable (Double, Double) -> Double

    static let binaries: [String: Binary] = [
        "Add": { $0 + $1 }, "Sub": { $0 - $1 }, "Mul": { $0 * $1 }, "Div": { $0 / $1 },
        "Pow": { pow($0, $1) }, "Min": { min($0, $1) }, "Max": { max($0, $1) },
        "Mod": { $0 - $1 * ($0 / $1).rounded(.down) },
        "Equal": { $0 == $1 ? 1 : 0 }, "Less": { $0 < $1 ? 1 : 0 }, "Greater": { $0 > $1 ? 1 : 0 },
        "LessOrEqual": { $0 <= $1 ? 1 : 0 }, "GreaterOrEqual": { $0 >= $1 ? 1 : 0 },
        "And": { $0 != 0 && $1 != 0 ? 1 : 0 }, "Or": { $0 != 0 || $1 != 0 ? 1 : 0 },
        "Xor": { ($0 != 0) != ($1 != 0) ? 1 : 0 },
    ]

    /// Those whose result is true or false.
    static let comparisons: Set<String> = [
        "Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual", "And", "Or", "Xor", "Not", "IsNaN",
    ]

    static let plainUnaries: [String: Unary] = [
        "Relu": { max($0, 0) }, "Sigmoid": { 1 / (1 + exp(-$0)) }, "Tanh": { tanh($0) }, "Erf": { erf($0) },
        "Sqrt": { $0.squareRoot() }, "Exp": { exp($0) }, "Log": { log($0) }, "Neg": { -$0 }, "Abs": { abs($0) },
        "Reciprocal": { 1 / $0 }, "Softplus": { log1p(exp($0)) }, "Floor": { $0.rounded(.down) },
        "Ceil": { $0.rounded(.up) }, "Round": { $0.rounded(.toNearestOrEven) }, "Softsign": { $0 / (1 + abs($0)) },
        "HardSwish": { $0 * min(max($0 / 6 + 0.5, 0), 1) }, "Not": { $0 == 0 ? 1 : 0 },
        "IsNaN": { $0.isNaN ? 1 : 0 }, "Sign": { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }, "Mish": { $0 * tanh(log1p(exp($0))) },
        "Cos": { cos($0) }, "Sin": { sin($0) },
    ]

    /// Those with settings.
    static let settableUnaries: Set<String> = [
        "Clip", "Gelu", "HardSigmoid", "LeakyRelu", "Elu", "Celu", "Selu", "ThresholdedRelu", "Swish",
    ]

    /// The function of a node with settings.
    /// - Parameter number: an input of the node that is one constant number; nil for none.
    static func settable(_ node: NodeMessage, number: (Int) throws -> Double?) throws -> Unary {
        let alpha = node.float("alpha")
        switch node.operation {
        case "Clip":
            let least = try number(1) ?? node.float("min") ?? -.infinity
            let most = try number(2) ?? node.float("max") ?? .infinity
            return { min(max($0, least), most) }
        case "Gelu":
            if node.text("approximate") == "tanh" {
                return { 0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
            }
            return { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) }
        case "HardSigmoid":
            let (slope, shift) = (alpha ?? 0.2, node.float("beta") ?? 0.5)
            return { max(0, min(1, slope * $0 + shift)) }
        case "LeakyRelu":
            let slope = alpha ?? 0.01
            return { $0 < 0 ? slope * $0 : $0 }
        case "Elu":
            let scale = alpha ?? 1
            return { $0 < 0 ? scale * expm1($0) : $0 }
        case "Celu":
            let scale = alpha ?? 1
            return { max(0, $0) + min(0, scale * expm1($0 / scale)) }
        case "Selu":
            let (scale, gamma) = (alpha ?? 1.673_263_192_176_818_8, node.float("gamma") ?? 1.050_700_902_938_842_8)
            return { $0 <= 0 ? gamma * scale * expm1($0) : gamma * $0 }
        case "Swish":
            let scale = alpha ?? 1
            return { $0 / (1 + exp(-scale * $0)) }
        default:
            let threshold = alpha ?? 1
            return { $0 > threshold ? $0 : 0 }
        }
    }
}

extension NodeMessage {
    func int(_ name: String) -> Int? { if case .int(let value) = attributes[name] { value } else { nil } }
    func float(_ name: String) -> Double? { if case .float(let value) = attributes[name] { value } else { nil } }
    func text(_ name: String) -> String? { if case .text(let value) = attributes[name] { value } else { nil } }
    func ints(_ name: String) -> [Int]? { if case .ints(let value) = attributes[name] { value } else { nil } }
}
