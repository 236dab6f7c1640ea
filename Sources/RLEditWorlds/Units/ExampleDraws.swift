internal import RLEditCore
internal import RLEditData
internal import RLEditTensor

/// How many examples a policy looks at while it is trained. The number differs between episodes, so that the policy learns
/// how far few examples can be trusted.
///
/// The number of forget examples is drawn log-uniformly. There are ten times as many retain examples, if there are enough.
/// All are drawn from a part of each set. The reward sees the rest, so that no edit is judged by the examples that made it.
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
