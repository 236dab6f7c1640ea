internal import RLEditCore
public import RLEditTensor

/// Which features a policy sees, in the order of its weights.
public struct UnitFeatureSet: Sendable, Equatable {
    public let features: [UnitFeature]
    /// Features of the author's own after these, columns of the tensors that their function gives.
    public let customCount: Int
    /// Numbers of a layer as a whole; those that read labels are left out of a set without such features.
    public let context: [UnitContext]

    /// Far past any use.
    package static let mostCustom = 10_000

    /// Features of one unit.
    public var count: Int { features.count + customCount }
    /// Whether features or context read labels.
    public var isLabelAware: Bool {
        features.contains(where: \.isLabelAware) || context.contains(where: \.isLabelAware)
    }

    /// Whether the context tells how many examples there are.
    public var seesCount: Bool { context.contains(.forgetCount) }
    /// Whether the context tells which step it is, and what those before it have done.
    public var seesSteps: Bool { context.contains(.step) }

    /// - Throws: ``WorldError/invalidSetting(owner:field:message:)`` for no feature, or one named twice.
    public init(
        _ features: [UnitFeature], customCount: Int = 0, seesCount: Bool = false, seesSteps: Bool = false
    ) throws {
        guard !features.isEmpty || customCount > 0 else {
            throw WorldError.invalidSetting(owner: "UnitPolicy", field: "features", message: "names no feature")
        }
        for (place, feature) in features.enumerated() where features[..<place].contains(feature) {
            throw WorldError.invalidSetting(
                owner: "UnitPolicy", field: "features", message: "names '\(feature.name)' twice")
        }
        self.features = features
        self.customCount = customCount
        let isLabelAware = features.contains(where: \.isLabelAware)
        context = UnitContext.allCases.filter {
            (isLabelAware || !$0.isLabelAware) && (seesCount || $0 != .forgetCount) && (seesSteps || !$0.isOfSteps)
        }
    }
}

/// What a unit policy sees of one layer.
public struct UnitFeatures: Sendable, Equatable {
    /// Of the output units, `[out, features]`.
    public let outputs: Tensor
    /// Of the input units, `[in, features]`.
    public let inputs: Tensor
    /// Of the layer, `[context]`.
    public let context: Tensor

    public init(outputs: Tensor, inputs: Tensor, context: Tensor) {
        self.outputs = outputs
        self.inputs = inputs
        self.context = context
    }

    /// The features of a layer (definitions at ``UnitFeature`` and ``UnitContext``).
    /// - Parameter custom: further columns, `[out, customCount]` and `[in, customCount]`.
    /// - Throws: ``WorldError/layerNotEditable(layer:reason:)`` when no input unit ever changes on the retain set: there is
    ///   nothing that could tell examples apart. ``WorldError/invalidSetting(owner:field:message:)`` for custom features of
    ///   another shape or that are not finite.
    public init(
        of activations: LayerActivations, _ set: UnitFeatureSet, custom: (outputs: Tensor, inputs: Tensor)? = nil
    ) throws {
        try self.init(of: activations, set, inputs: UnitInputs(activations), custom: custom)
    }

    /// - Parameter inputs: of these activations.
    init(
        of activations: LayerActivations, _ set: UnitFeatureSet, inputs known: UnitInputs,
        custom: (outputs: Tensor, inputs: Tensor)? = nil
    ) throws {
        // One example has no deviation, whatever its units are.
        guard activations.retainInputs.shape[0] > 1 else {
            throw WorldError.layerNotEditable(
                layer: activations.layer.name,
                reason: "there is one example to keep: features of units need two or more")
        }
        let parts = try UnitFeatureParts(activations, known)
        guard parts.input.moments.retainDeviation.contains(where: { $0 > 0 }) else {
            throw WorldError.layerNotEditable(
                layer: activations.layer.name,
                reason: "all of its input units are dead: they give the same on every example to keep")
        }
        for (name, tensor, units) in [
            ("outputs", custom?.outputs, activations.outputs), ("inputs", custom?.inputs, activations.inputs),
        ] {
            let expected = [units, set.customCount]
            guard let tensor else {
                if set.customCount == 0 { continue }
                throw WorldError.invalidSetting(
                    owner: "UnitPolicy", field: "custom_features",
                    message: "are missing: the policy was made with \(set.customCount) of them")
            }
            guard tensor.shape == expected else {
                throw WorldError.invalidSetting(
                    owner: "UnitPolicy", field: "custom_features",
                    message: "of \(name) have the shape \(tensor.shape), expected \(expected)")
            }
            guard tensor.isFinite else {
                throw WorldError.invalidSetting(
                    owner: "UnitPolicy", field: "custom_features",
                    message: "of \(name) hold values that are not finite numbers")
            }
        }
        outputs = try parts.output.tensor(set, custom: custom?.outputs)
        inputs = try parts.input.tensor(set, custom: custom?.inputs)
        context = Tensor(set.context.map { Float(parts.context($0)) })
    }
}

/// Statistics of what enters a layer. Most of the time that features take goes into them, and no edit of the layer changes
/// them.
struct UnitInputs: Sendable {
    private let forget, retain: Tensor
    let moments: UnitMoments
    fileprivate let discriminant: Discriminant

    /// - Parameter known: is used in place of new statistics where it is of the same inputs.
    init(_ activations: LayerActivations, known: UnitInputs? = nil) throws {
        (forget, retain) = (activations.forgetInputs, activations.retainInputs)
        if let known, known.forget == forget, known.retain == retain {
            (moments, discriminant) = (known.moments, known.discriminant)
        } else {
            moments = UnitMoments(forget: forget, retain: retain)
            discriminant = try Discriminant(retain: retain, moments: moments, layer: activations.layer.name)
        }
    }
}

/// Both sides of a layer, with what features are made of.
package struct UnitFeatureParts {
    let output: UnitSide
    let input: UnitSide
    private let forgetMargin: Double
    private let forgetCount: Int

    package init(_ activations: LayerActivations) throws { try self.init(activations, UnitInputs(activations)) }

    init(_ activations: LayerActivations, _ inputs: UnitInputs) throws {
        let (rows, columns, taps) = (activations.outputs, activations.inputs, activations.taps)
        let scale = activations.outputScale
        var squares = (rows: [Double](repeating: 0, count: rows), columns: [Double](repeating: 0, count: columns))
        activations.layer.base.withUnsafeBufferPointer { weights in
            for row in 0..<rows {
                for place in 0..<(columns * taps) {
                    let weight =
                        Double(weights[row * columns * taps + place]) * (scale.isEmpty ? 1 : Double(scale[row]))
                    squares.rows[row] += weight * weight
                    squares.columns[place / taps] += weight * weight
                }
            }
        }
        input = UnitSide(
            moments: inputs.moments, discriminant: inputs.discriminant,
            discriminantDeviation: inputs.moments.retainDeviation,
            weightNorm: squares.columns.map { $0.squareRoot() },
            gradient: activations.inputGradient.scalars.map(Double.init))
        let outputMoments = UnitMoments(forget: activations.forgetOutputs, retain: activations.retainOutputs)
        // What the next layer sees of an output unit is its positive part.
        let rectified = UnitMoments(
            forget: activations.forgetOutputs.relu(), retain: activations.retainOutputs.relu())
        output = UnitSide(
            moments: outputMoments,
            discriminant: try Discriminant(
                retain: activations.retainOutputs.relu(), moments: rectified, layer: activations.layer.name),
            discriminantDeviation: rectified.retainDeviation,
            weightNorm: squares.rows.map { $0.squareRoot() },
            gradient: activations.outputGradient.scalars.map(Double.init))
        forgetMargin = activations.forgetMargin
        forgetCount = activations.forgetCount
    }

    /// Of the input units: coefficients of the linear discriminant x, δ, δᵀx, and the retain mean.
    package var inputDiscriminant: [Double] { input.discriminant.coefficients }
    package var inputDifference: [Double] { input.moments.difference }
    package var inputSquaredDistance: Double { input.discriminant.squaredDistance }
    package var inputRetainMean: [Double] { input.moments.retainMean }

    func context(_ context: UnitContext) -> Double {
        func distance(_ side: UnitSide) -> Double {
            let square = side.discriminant.squaredDistance
            return square > 0 ? PortableMath.log(square) - 3 : -UnitContext.bound
        }
        let value =
            switch context {
            case .inputDistance: distance(input)
            case .outputDistance: distance(output)
            case .inputContrast:
                input.contrast.reduce(0) { $0 + abs($1) } / Double(max(input.contrast.count, 1)) - 1
            case .forgetMargin: forgetMargin / 5 - 1
            case .forgetCount: PortableMath.log(Double(max(forgetCount, 1)) / 50) / PortableMath.log(10)
            // An episode sets these (`UnitFeatures.at`).
            case .step, .forgetConfidence, .retainConfidence: 0.0
            }
        return min(max(value, -UnitContext.bound), UnitContext.bound)
    }
}

/// The units of one side of a layer.
struct UnitSide {
    let moments: UnitMoments
    let discriminant: Discriminant
    /// sd_r of what the discriminant is of.
    let discriminantDeviation: [Double]
    let weightNorm: [Double]
    let gradient: [Double]

    /// (mean_f − mean_r) / (sd_r + 0.05 · mean sd_r).
    var contrast: [Double] {
        let deviations = moments.retainDeviation
        let floor = 0.05 * deviations.reduce(0, +) / Double(max(deviations.count, 1))
        return zip(moments.difference, deviations).map { $1 + floor > 0 ? $0 / ($1 + floor) : 0 }
    }

    /// A feature of every unit, clipped.
    func values(_ feature: UnitFeature) -> [Double] {
        let values =
            switch feature {
            case .forgetMean: UnitSide.zScored(moments.forgetMean)
            case .retainMean: UnitSide.zScored(moments.retainMean)
            case .forgetDeviation: UnitSide.zScored(moments.forgetDeviation)
            case .retainDeviation: UnitSide.zScored(moments.retainDeviation)
            case .forgetActive: UnitSide.zScored(moments.forgetActive)
            case .retainActive: UnitSide.zScored(moments.retainActive)
            case .contrast: UnitSide.scaled(contrast)
            case .discriminant: UnitSide.scaled(zip(discriminant.coefficients, discriminantDeviation).map { $0 * $1 })
            case .weightNorm: UnitSide.zScored(weightNorm)
            case .gradient: UnitSide.scaled(gradient)
            case .difference: UnitSide.scaled(moments.difference)
            }
        return values.map { min(max($0, -UnitFeature.bound), UnitFeature.bound) }
    }

    /// `[units, features]`.
    func tensor(_ set: UnitFeatureSet, custom: Tensor?) throws -> Tensor {
        let columns = set.features.map(values)
        return try Tensor(shape: [moments.units, set.count]) { buffer in
            for unit in 0..<moments.units {
                for (place, column) in columns.enumerated() { buffer[unit * set.count + place] = Float(column[unit]) }
            }
            custom?.withUnsafeBufferPointer { custom in
                for unit in 0..<moments.units {
                    for place in 0..<set.customCount {
                        buffer[unit * set.count + set.features.count + place] = custom[unit * set.customCount + place]
                    }
                }
            }
        }
    }

    /// Mean 0 and deviation 1 over the units; all 0 where they are alike.
    static func zScored(_ values: [Double]) -> [Double] {
        let count = Double(max(values.count, 1))
        let mean = values.reduce(0, +) / count
        let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
        return values.map { deviation > 1e-12 ? ($0 - mean) / deviation : 0 }
    }

    /// Divided by the root mean square over the units, signs kept.
    static func scaled(_ values: [Double]) -> [Double] {
        let square = values.reduce(0) { $0 + $1 * $1 } / Double(max(values.count, 1))
        return values.map { square > 1e-24 ? $0 / square.squareRoot() : 0 }
    }
}
