/// log π_old(a|s) of each transition of a rollout, for whole actions or for their parts.
package struct OldLogProbabilities {
    /// Numbers of an action that share a probability ratio, from the first to the last.
    let parts: [Range<Int>]
    /// Those of a transition's parts one after the other.
    private let values: [Float]

    /// One part: what was computed when the actions were drawn.
    init(whole rollout: RolloutBuffer) {
        parts = [0..<rollout.actionSize]
        values = rollout.logProbabilities
    }

    /// - Parameters:
    ///   - policy: as it was when it acted.
    ///   - numbers: in a part; the last one may be smaller.
    package init(of rollout: RolloutBuffer, by policy: any Policy, numbers: Int) throws {
        let size = rollout.actionSize
        let parts = stride(from: 0, to: size, by: numbers).map { $0..<min($0 + numbers, size) }
        self.parts = parts
        guard parts.count > 1 else {
            values = rollout.logProbabilities
            return
        }
        let transitions = Array(0..<rollout.count)
        let rows = try GaussianRows(
            try policy.forward(try rollout.sharedObservation ?? rollout.observations(of: transitions[...])),
            gaussian: DiagonalGaussian(logStandardDeviation: try policy.logStandardDeviation()), rollout: rollout,
            entropyCoefficient: 0)
        values = transitions.flatMap { transition in
            parts.map { Float(rows.logProbability(transition, row: rows.row(transition), numbers: $0)) }
        }
    }

    subscript(transition: Int, part: Int) -> Float { values[transition * parts.count + part] }
}
