package import RLEditTensor
package import RLEditWorlds

/// The transitions of one rollout, step after step: transition `step · environments + environment`.
package struct RolloutBuffer: Sendable {
    package let environments: Int
    package let actionSize: Int
    /// Steps of each environment that make a rollout.
    package let steps: Int
    /// What was acted upon at each step, as the policy saw it (normalized): rows `[environments, features]`, or
    /// `[1, features]` when shared.
    package private(set) var observations: [ObservationBatch] = []
    /// Actions as sampled, before any clamping, each step `[environments, actionSize]`.
    package private(set) var actions: [Tensor] = []
    package private(set) var logProbabilities: [Float] = []
    package private(set) var values: [Float] = []
    package private(set) var rewards: [Float] = []
    /// V of what each step led to; 0 where nobody will read it.
    package private(set) var nextValues: [Float] = []
    package private(set) var terminated: [Bool] = []
    package private(set) var truncated: [Bool] = []

    package init(environments: Int, steps: Int, actionSize: Int) {
        self.environments = environments
        self.steps = steps
        self.actionSize = actionSize
    }

    /// Transitions held.
    package var count: Int { rewards.count }
    package var isFull: Bool { observations.count >= steps && count == observations.count * environments }
    /// An action was chosen whose reward is not known yet.
    package var awaitsReward: Bool { observations.count * environments > count }

    /// What `ask` knows.
    package mutating func append(
        observation: ObservationBatch, actions: Tensor, logProbabilities: [Float], values: [Float]
    ) throws {
        if case .shared(let row, let environments) = observation {
            observations.append(.shared(try row.reshaped([1, row.count]), environments: environments))
        } else {
            observations.append(observation)
        }
        self.actions.append(actions)
        self.logProbabilities += logProbabilities
        self.values += values
    }

    /// What `tell` adds.
    package mutating func complete(rewards: [Float], terminated: [Bool], truncated: [Bool], nextValues: [Float]) {
        self.rewards += rewards
        self.terminated += terminated
        self.truncated += truncated
        self.nextValues += nextValues
    }

    /// The one row that every transition was acted upon, `[1, features]`, when there is only one: at horizon 1 always.
    package var sharedObservation: Tensor? {
        var first: Tensor?
        for observation in observations {
            guard case .shared(let row, _) = observation else { return nil }
            if let first, !first.sharesStorage(with: row), first != row { return nil }
            first = first ?? row
        }
        return first
    }

    /// The observations of some transitions, `[transitions.count, features]`.
    package func observations(of transitions: ArraySlice<Int>) throws -> Tensor {
        let features = observations.first?.features ?? 0
        let rowOf = try observations.map { observation -> (rows: Tensor, isShared: Bool) in
            let (rows, _) = try observation.uniqueRows()
            if case .shared = observation { return (rows, true) }
            return (rows, false)
        }
        return try Tensor(shape: [transitions.count, features]) { result in
            for (position, transition) in transitions.enumerated() {
                let (rows, isShared) = rowOf[transition / environments]
                let row = isShared ? 0 : transition % environments
                rows.withUnsafeBufferPointer { source in
                    guard let source = source.baseAddress, let target = result.baseAddress else { return }
                    (target + position * features).update(from: source + row * features, count: features)
                }
            }
        }
    }

    /// Borrow the action of one transition, `[actionSize]`.
    package func withAction<Result>(_ transition: Int, _ body: (UnsafePointer<Float>) -> Result) -> Result? {
        actions[transition / environments].withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { body($0 + transition % environments * actionSize) }
        }
    }

    func save(in snapshot: inout LearnerSnapshot) throws {
        snapshot.integers["rollout.environments"] = environments
        snapshot.integers["rollout.steps"] = steps
        snapshot.integers["rollout.count"] = observations.count
        for (step, observation) in observations.enumerated() {
            let (rows, copies) = try observation.uniqueRows()
            snapshot.tensors["rollout.observation[\(step)]"] = rows
            if case .shared = observation { snapshot.integers["rollout.shared[\(step)]"] = copies }
            snapshot.tensors["rollout.actions[\(step)]"] = actions[step]
        }
        for (name, column) in floatColumns { snapshot.tensors["rollout.\(name)"] = Tensor(column) }
        for (name, column) in flagColumns { snapshot.tensors["rollout.\(name)"] = Tensor(column.map { $0 ? 1 : 0 }) }
    }

    init(from snapshot: LearnerSnapshot, features: Int, actionSize: Int) throws {
        let environments = try snapshot.integer("rollout.environments")
        self.init(environments: environments, steps: try snapshot.integer("rollout.steps"), actionSize: actionSize)
        let count = try snapshot.integer("rollout.count")
        guard environments > 0, count >= 0, count < steps || count == 0 else {
            throw LearnerError.snapshotMismatch(
                field: "rollout.count", expected: "a partial rollout, got \(count) of \(steps) steps")
        }
        for step in 0..<count {
            let name = "rollout.observation[\(step)]"
            if let copies = snapshot.integers["rollout.shared[\(step)]"] {
                observations.append(.shared(try snapshot.tensor(name, shape: [1, features]), environments: copies))
            } else {
                observations.append(.distinct(try snapshot.tensor(name, shape: [environments, features])))
            }
            actions.append(
                try snapshot.tensor("rollout.actions[\(step)]", shape: [environments, actionSize]))
        }
        func column(_ name: String) throws -> [Float] {
            try snapshot.tensor("rollout.\(name)", shape: [count * environments]).scalars
        }
        logProbabilities = try column("logProbabilities")
        values = try column("values")
        rewards = try column("rewards")
        nextValues = try column("nextValues")
        terminated = try column("terminated").map { $0 != 0 }
        truncated = try column("truncated").map { $0 != 0 }
    }

    private var floatColumns: [(String, [Float])] {
        [
            ("logProbabilities", logProbabilities), ("values", values), ("rewards", rewards),
            ("nextValues", nextValues),
        ]
    }

    private var flagColumns: [(String, [Bool])] { [("terminated", terminated), ("truncated", truncated)] }
}
