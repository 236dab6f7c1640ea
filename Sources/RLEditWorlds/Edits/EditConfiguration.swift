public import RLEditCore

/// What the configurations of ``MaskWorld`` and ``ShiftWorld`` share. Users see the form of an action and the sparsity of a
/// step as several settings, which take each other's place.
public protocol EditConfiguration: Configurable {
    /// Low-rank factors (default rank 1), a full matrix, or a number for each output unit or each input.
    var form: ActionForm { get set }
    /// Strength `s` of an action, above 0 and at most 1e6: a number or a schedule of progress, for all layers or for
    /// each. Default 2, chosen by measurement on seeds ≥ 100 and validation images (docs/results.md, "Defaults").
    var scale: LayerScale { get set }
    /// Magnitude of the sign offset on `B`, 0 … 1; 0 switches it off, and PPO then fails to start.
    var offset: Double { get set }
    /// Which weights a step changes: those that it would change most. Default all.
    var sparsity: EditSparsity { get set }
    /// Whether a layer counts with its bias, as the matrix `[W | b]` whose last input is always 1.
    var bias: Bool { get set }
    /// Rows of the only edited layer for which an action has numbers, such as the words of an embedding's table; nil for all.
    var rows: [Int]? { get set }
    init()
}

/// The units of a layer that an action has a number for.
public enum ActionUnits: String, CaseIterable, Sendable {
    /// A number for each row of weights.
    case outputs
    /// A number for each column.
    case inputs
}

extension EditConfiguration {
    public var alternatives: [[String]] { [["rank", "full", "units"], ["density", "topK"]] }

    /// The settings that both worlds have.
    var sharedSettings: [Setting<Self>] {
        [
            .integer("rank", \.rank, .atLeast(1), "rank of the action's factors"),
            .boolean("full", \.isFull, "one number for each weight instead of factors"),
            .word(
                "units", \.units,
                "one number for each output unit (row of weights) or each input (column) instead of factors"),
            .boolean("bias", \.bias, "edit each layer with its bias, which counts as one more column of weights"),
            .integers(
                "rows", \.rows, .atLeast(0),
                """
                rows of the only edited layer that an action changes, from 0, such as the tokens of an embedding's table; \
                false: all
                """),
            .layerScale(
                "scale", \.scale, BoundScale.bounds, "strength of an action, for all edited layers or for each"),
            .number(
                "offset", \.offsetOfFactors, .unit,
                "size of the fixed signs added to `B`, without which learning cannot start"),
            .number(
                "density", \.density, .above(0, upTo: 1),
                "share of each layer's weights that a step changes, those that it would change most; false: all of them"
            ),
            .integer(
                "topK", \.topK, .atLeast(1), "the same as a number of weights of each layer, instead of `density`"),
        ]
    }

    public func validateTogether(owner: String) throws {
        guard let rows else { return }
        guard !rows.isEmpty else { throw ConfigurationError(owner, "rows", "names no row") }
        guard Set(rows).count == rows.count else { throw ConfigurationError(owner, "rows", "names a row twice") }
    }

    /// - Throws: `ConfigurationError` for a setting out of its range, ``WorldError`` for one that does not fit a layer.
    func validate(for layers: [EditedLayer]) throws {
        try validate()
        if let rows {
            guard layers.count == 1, let layer = layers.first else {
                throw ConfigurationError(owner, "rows", "are those of one edited layer, and \(layers.count) are edited")
            }
            if let row = rows.first(where: { $0 >= layer.rows }) {
                throw ConfigurationError(
                    owner, "rows", "names row \(row), and layer '\(layer.name)' has the rows 0 to \(layer.rows - 1)")
            }
        }
        try form.validate(for: layers, rows: rows)
        try sparsity.validate(for: layers)
    }

    private var rank: Int? {
        get { if case .lowRank(let rank) = form { rank } else { nil } }
        set { if let newValue { form = .lowRank(rank: newValue) } }
    }

    private var isFull: Bool {
        get { form == .full }
        set { if newValue { form = .full } }
    }

    private var units: ActionUnits? {
        get { if case .units(let units) = form { units } else { nil } }
        set { if let newValue { form = .units(newValue) } }
    }

    /// Only factors have an offset; nil, as users write `false`, is 0.
    private var offsetOfFactors: Double? {
        get { rank == nil ? nil : offset }
        set { offset = newValue ?? 0 }
    }

    private var density: Double? {
        get { if case .density(let density) = sparsity { density } else { nil } }
        set {
            if let newValue { sparsity = newValue == 1 ? .dense : .density(newValue) }
            if newValue == nil, density != nil { sparsity = .dense }
        }
    }

    private var topK: Int? {
        get { if case .largest(let count) = sparsity { count } else { nil } }
        set { if let newValue { sparsity = .largest(newValue) } }
    }
}
