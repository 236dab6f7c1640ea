internal import RLEditNN
public import RLEditTensor

/// What a policy sees of a pair's layers in one step, and what makes edits of what it says.
public struct EpisodeUnits: Sendable {
    public let features: [UnitFeatures]
    public let frames: [UnitFrame]
}

/// An episode on one pair: what a policy sees of it, step by step, and the edit that its steps make.
public struct Episode: Sendable {
    /// What is seen of the unedited network.
    public let first: EpisodeUnits
    let rules: EditPair.Rules
    /// nil where no step sees what others have done.
    let view: EditedView?

    /// Steps of the episode.
    public var horizon: Int { rules.steps.horizon }

    /// The edit of each layer after each step, `horizon` of them: those of the steps so far, shifts added up and masks
    /// multiplied.
    ///
    /// A step that can no longer see anything, because those before it have left no unit that tells examples apart, edits
    /// nothing.
    /// - Parameter act: what the policies say of some layers, by layer, then by policy; their mean is what is done.
    /// - Throws: what `act` throws, or ``WorldError/invalidEdit(layer:message:)`` for an edit that is not finite.
    public func course(_ act: ([UnitFeatures]) throws -> [[UnitFactors]]) throws -> [[LayerEdit]] {
        var edits = first.frames.map { _ in LayerEdit.unchanged }
        var course: [[LayerEdit]] = []
        for step in 0..<horizon {
            let turn = rules.steps.turn(step, of: edits.count)
            if let seen = try look(step, turn, edits) {
                for (place, (frame, members)) in zip(turn, zip(seen.frames, try act(seen.features))) {
                    edits[place] = try edits[place].followed(
                        by: frame.edit(members), of: frame.layer, base: first.frames[place].layer)
                }
            }
            course.append(edits)
        }
        return course
    }

    /// The edit of each layer at the end.
    /// - Throws: the same.
    public func edits(_ act: ([UnitFeatures]) throws -> [[UnitFactors]]) throws -> [LayerEdit] {
        try course(act).last ?? []
    }

    private func look(_ step: Int, _ turn: [Int], _ edits: [LayerEdit]) throws -> EpisodeUnits? {
        let progress = Double(step) / Double(max(horizon - 1, 1))
        if step > 0, let view {
            return try view.look(zip(edits, first.frames).map { ($0, $1.layer) }, turn: turn, progress: progress)
        }
        return EpisodeUnits(
            features: try turn.map { try first.features[$0].at(progress, rules.features) },
            frames: turn.map { first.frames[$0] })
    }
}

/// Where the episodes of a pair come from: the same each time, or some of the examples that are drawn from.
public struct EpisodeSource: Sendable {
    /// What is seen of all examples.
    public let whole: Episode
    /// nil where each episode looks at all of them.
    let drawn: Drawn?

    /// Examples that are drawn from, as the layers see them.
    struct Drawn: Sendable {
        let draws: ExampleDraws
        let activations: [LayerActivations]
        let network: Network
    }

    /// Whether each episode looks at other examples.
    public var drawsExamples: Bool { drawn != nil }

    /// - Parameter random: of the episode.
    public func episode(_ random: RandomStream) throws -> Episode {
        guard let drawn, let first = drawn.activations.first else { return whole }
        let rules = whole.rules
        let examples = drawn.draws.draw(forget: first.forgetCount, retain: first.retainCount, random)
        let seen = try drawn.activations.map { try $0.taking(forget: examples.forget, retain: examples.retain) }
        let inputs = try seen.map { try UnitInputs($0) }
        return Episode(
            first: try EditPair.units(of: drawn.network, seen, rules: rules, inputs: inputs), rules: rules,
            view: try whole.view?.taking(forget: examples.forget, retain: examples.retain, inputs: inputs))
    }
}

extension UnitFeatures {
    /// The same at another place of the episode.
    /// - Parameters:
    ///   - progress: steps done, 0 to 1.
    ///   - forget, retain: how much the mean probability of the label has changed since the first step.
    func at(
        _ progress: Double, _ set: UnitFeatureSet, forget: Double = 0, retain: Double = 0
    ) throws -> UnitFeatures {
        guard set.seesSteps else { return self }
        var values = context.scalars
        for (place, context) in set.context.enumerated() {
            switch context {
            case .step: values[place] = Float(progress)
            case .forgetConfidence: values[place] = Float(forget)
            case .retainConfidence: values[place] = Float(min(max(10 * retain, -UnitContext.bound), UnitContext.bound))
            default: break
            }
        }
        return UnitFeatures(outputs: outputs, inputs: inputs, context: Tensor(values))
    }
}

extension LayerEdit {
    /// This edit, and then another.
    /// - Parameters:
    ///   - layer: what the other is an edit of.
    ///   - base: the unedited layer.
    func followed(by next: LayerEdit, of layer: EditedLayer, base: EditedLayer) throws -> LayerEdit {
        switch (self, next) {
        case (.unchanged, _): return next
        case (.shift(let own), .shift(let more)): return .shift(try own.appending(more))
        case (.mask, .mask(nil, let factors)): return .mask(accumulated: try mask(of: base), factors: factors)
        default:
            let change = try next.weights(of: layer).sub(layer.base)
            return .weights(try weights(of: base).add(change))
        }
    }
}
