import Foundation
import RLEditNN
import RLEditTensor
import Testing

/// Golden files that `scripts/golden/networks.py` writes with PyTorch.
enum Fixture {
    static func path(_ name: String) throws -> String {
        try #require(Bundle.module.url(forResource: name, withExtension: "safetensors", subdirectory: "Fixtures")).path
    }

    static func file(_ name: String) throws -> SafetensorsFile { try SafetensorsFile(path: path(name)) }

    /// An I64 tensor.
    static func integers(_ file: SafetensorsFile, _ name: String) throws -> [Int] {
        let bytes = try file.bytes(name)
        return stride(from: 0, to: bytes.count, by: 8).map { start in
            Int(bytes[start..<(start + 8)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
    }

    /// The digit network in small, `[1, 8, 8]` → 10, whose parameters PyTorch wrote.
    static func smallCNN() throws -> Network {
        var network = try Network(
            inputShape: [1, 8, 8],
            layers: [
                ("conv1", Conv2D(1, 16, kernel: 3, padding: 1)), ("relu1", Activation.relu), ("pool1", MaxPool2D(2)),
                ("conv2", Conv2D(16, 8, kernel: 3, padding: 1)), ("relu2", Activation.relu), ("pool2", MaxPool2D(2)),
                ("flatten", Flatten()), ("fc1", Linear(32, 12)), ("relu3", Activation.relu), ("fc2", Linear(12, 10)),
            ], random: RandomStream(seed: 0))
        try network.loadParameters(from: file("small_cnn"))
        return network
    }

    /// The images and labels of `small_cnn_values`.
    static func examples() throws -> TensorBatchSource {
        let golden = try file("small_cnn_values")
        return try TensorBatchSource(
            inputs: try golden.tensor("images"), targets: .classes(try integers(golden, "labels")))
    }
}

/// Largest absolute difference; infinite when shapes differ or a difference is NaN.
func difference(_ a: Tensor, _ b: Tensor) -> Float {
    guard a.shape == b.shape else { return .infinity }
    return zip(a.scalars, b.scalars).reduce(0) { worst, pair in
        let distance = abs(pair.0 - pair.1)
        return distance.isNaN ? .infinity : max(worst, distance)
    }
}

/// All parameter values of a network, as bits.
func parameterBits(_ network: Network) -> [UInt32] {
    network.parameterNames.flatMap { network.parameter($0)?.scalars ?? [] }.map(\.bitPattern)
}
