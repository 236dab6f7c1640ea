/// The model whose measures are shown: the unedited one, a result of the run, or another to compare with.
public struct Stage: Hashable, Sendable {
    /// As files name it, for example `mean_policy`.
    public let name: String
    public init(_ name: String) { self.name = name }

    /// The unedited model.
    public static let before = Stage("before")
    /// The edit of the mean policy.
    public static let meanPolicy = Stage("mean_policy")
    /// The best edit seen on the reward sets.
    public static let bestSeen = Stage("best_seen")

    /// As a column's title.
    public var title: String { MeasureText.title(name) }
}

/// Values by stage, in the order in which the stages are shown.
public struct StageValues<Value: Sendable & Equatable>: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        public let stage: Stage
        public var value: Value
    }

    public private(set) var entries: [Entry] = []
    public init() {}

    public init(_ values: [(stage: Stage, value: Value)]) {
        for (stage, value) in values { self[stage] = value }
    }

    public var stages: [Stage] { entries.map(\.stage) }

    /// A new stage comes last; nil takes one away.
    public subscript(stage: Stage) -> Value? {
        get { entries.first { $0.stage == stage }?.value }
        set {
            let index = entries.firstIndex { $0.stage == stage }
            switch (index, newValue) {
            case (let index?, let value?): entries[index].value = value
            case (let index?, nil): entries.remove(at: index)
            case (nil, let value?): entries.append(Entry(stage: stage, value: value))
            case (nil, nil): break
            }
        }
    }
}
