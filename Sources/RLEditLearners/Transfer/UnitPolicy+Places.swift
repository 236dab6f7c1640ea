internal import RLEditTensor

/// Where the features, the context and the factors of each layer lie in an observation and in an action.
extension UnitPolicy {
    /// One side of one layer within observation and action.
    struct Side {
        let isInput: Bool
        let units: Int
        /// Where its factors begin in an action, and where the layer's log scale is.
        let start: Int
        let scalePlace: Int

        /// The place of a unit's factor: `B` is `[out, rank]`, `A` is `[rank, in]`.
        func place(_ unit: Int, _ column: Int, rank: Int) -> Int {
            start + (isInput ? column * units + unit : unit * rank + column)
        }
    }

    /// Every row, layer and side in order, with the features and the context.
    func eachSide(
        _ body: (Int, Side, UnsafePointer<Float>, UnsafePointer<Float>) throws -> Void
    ) rethrows {
        let (rows, features, context, rank) = (observations.shape[0], shape.features, shape.context, shape.rank)
        try observations.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for row in 0..<rows {
                var seen = base + row * observationSize
                var action = 0
                for layer in layers {
                    let (outputs, inputs) = (layer.outputs, layer.inputs)
                    let layerContext = seen + (outputs + inputs) * features
                    let scale = action + (outputs + inputs) * rank
                    try body(
                        row, Side(isInput: false, units: outputs, start: action, scalePlace: scale), seen, layerContext)
                    try body(
                        row, Side(isInput: true, units: inputs, start: action + outputs * rank, scalePlace: scale),
                        seen + outputs * features, layerContext)
                    seen = layerContext + context
                    action = scale + 1
                }
            }
        }
    }

    /// Contexts of all layers of each row, `[rows, layers · context]`; one 0 a layer where there is no context.
    func contexts() throws -> Tensor {
        let context = shape.context
        let width = max(context, 1) * layers.count
        return try Tensor(shape: [observations.shape[0], width]) { buffer in
            guard context > 0 else { return }
            observations.withUnsafeBufferPointer { seen in
                for row in 0..<observations.shape[0] {
                    var start = row * observationSize
                    for (place, layer) in layers.enumerated() {
                        start += (layer.outputs + layer.inputs) * shape.features
                        for number in 0..<context {
                            buffer[row * width + place * context + number] = seen[start + number]
                        }
                        start += context
                    }
                }
            }
        }
    }
}
