internal import RLEditCore
internal import RLEditData
public import RLEditTensor

/// How many examples a policy looks at while it is trained: another number in each episode, so that it learns what few of
/// them are worth.
///
/// The number of forget examples is drawn log-uniformly, and there are ten times as many retain examples, as long as there
/// are enough. They are drawn from a part of each set; the reward sees the rest, so that no edit is judged by the examples
/// that made it.
public struct ExampleDraws: Sendable, Equatable {
    /// Forget examples of an episode; at least 2.
    public let least: Int
    public let most: Int

    /// Retain examples for each forget example.
    private static let retainRatio = 10
    /// The part of the retain set that is drawn from, for each forget example of the largest draw.
    private static let retainPart = 4

    public init(least: Int, most: Int) {
        self.least = max(least, 2)
        self.most = max(most, self.least)
    }

    /// Cuts a set: what is drawn from, and what the reward sees. Which is which does not depend on the order of classes.
    /// - Throws: ``WorldError/invalidSet(name:message:)`` for a set with too few examples.
    func split(_ set: NamedSet, isForget: Bool) throws -> (drawn: NamedSet, judged: NamedSet) {
        let wanted = isForget ? most : ExampleDraws.retainPart * most
        let count = set.examples.count
        guard count > wanted else {
            throw WorldError.invalidSet(
                name: set.name,
                message:
                    "holds \(count) examples: drawing up to \(most) to look at takes \(wanted) of them, and the reward "
                    + "needs others")
        }
        var stream = RandomStream(seed: 0, name: "drawn examples")
        let order = stream.permutation(count)
        func part(_ range: Range<Int>) throws -> NamedSet {
            NamedSet(name: set.name, examples: try set.examples.subset(order[range].sorted()))
        }
        return (try part(0..<wanted), try part(wanted..<count))
    }

    /// The examples of one episode out of those that are drawn from.
    func draw(forget: Int, retain: Int, _ random: RandomStream) -> (forget: [Int], retain: [Int]) {
        var (size, first, second) = (random.split("size"), random.split("forget"), random.split("retain"))
        let ratio = PortableMath.log(Double(most) / Double(least)) * Double(size.uniform())
        let count = min(Int((Double(least) * PortableMath.exp(ratio)).rounded()), forget)
        let kept = min(ExampleDraws.retainRatio * count, retain)
        return (first.permutation(forget).prefix(count).sorted(), second.permutation(retain).prefix(kept).sorted())
    }
}

/// What a policy sees of a pair's layers in one episode, and what makes edits of what it says.
public struct EpisodeUnits: Sendable {
    public let features: [UnitFeatures]
    public let frames: [UnitFrame]

    /// The edits that the policies together make: their mean.
    /// - Parameter factors: by layer, then by policy.
    public func edits(_ factors: [[UnitFactors]]) throws -> [LayerEdit] {
        try zip(frames, factors).map { try $0.edit($1) }
    }
}

/// Where the episodes of a pair come from: the same each time, or some of the examples that are drawn from.
public struct EpisodeSource: Sendable {
    /// What is seen of all examples.
    public let whole: EpisodeUnits
    /// nil where each episode looks at all of them.
    let drawn: Drawn?

    /// Examples that are drawn from, as the layers see them.
    struct Drawn: Sendable {
        let draws: ExampleDraws
        let activations: [LayerActivations]
        let biases: [Tensor?]
        let rules: EditPair.Rules
    }

    /// Whether each episode looks at other examples.
    public var drawsExamples: Bool { drawn != nil }

    /// - Parameter random: of the episode.
    public func episode(_ random: RandomStream) throws -> EpisodeUnits {
        guard let drawn, let first = drawn.activations.first else { return whole }
        let examples = drawn.draws.draw(forget: first.forgetCount, retain: first.retainCount, random)
        var features: [UnitFeatures] = []
        var frames: [UnitFrame] = []
        for (activations, bias) in zip(drawn.activations, drawn.biases) {
            let seen = try activations.taking(forget: examples.forget, retain: examples.retain)
            features.append(try UnitFeatures(of: seen, drawn.rules.features))
            frames.append(try UnitFrame(seen, bias: bias, world: drawn.rules.world, rank: drawn.rules.rank))
        }
        return EpisodeUnits(features: features, frames: frames)
    }
}
