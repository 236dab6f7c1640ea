public import RLEditTensor

/// The rules of one world as a user states them: what an action may do to weights, before any layer is named.
public protocol EditWorld {
    /// The world's name in logs and files, for example `MaskWorld`.
    var name: String { get }

    /// Whether the edited layers count with their bias, as matrices `[W | b]`.
    var editsBias: Bool { get }

    /// The world on these layers.
    /// - Parameter random: the run's root stream.
    /// - Throws: `ConfigurationError` for a setting out of its range, ``WorldError`` for one that does not fit a layer.
    func bind(to layers: [EditedLayer], random: RandomStream) throws -> any BoundWorld
}

extension EditWorld {
    /// Weights alone.
    public var editsBias: Bool { false }
}

/// A world on the layers of one task: turns actions into edits.
///
/// `apply` returns the next edit and changes nothing; it is called in candidate order on the thread that runs the loop,
/// since a script may supply it.
public protocol BoundWorld {
    /// Numbers in one action, each in [−1, 1].
    var actionSize: Int { get }

    /// The edits of all layers after one more action.
    /// - Parameters:
    ///   - action: clamped to [−1, 1], `actionSize` numbers.
    ///   - edits: what the episode has done to each layer so far.
    ///   - progress: share of the run's budget spent, 0 … 1, for schedules.
    func apply(_ action: UnsafeBufferPointer<Float>, to edits: [LayerEdit], progress: Double) throws -> [LayerEdit]
}

/// What the numbers of an action mean.
public enum ActionForm: Sendable, Equatable {
    /// Two factors for each layer: first `B`, `[rows, rank]`, then `A`, `[rank, columns]`, both row-major.
    case lowRank(rank: Int)
    /// One number for each output unit, for all weights of its row, or for each input, for all of its column.
    case units(ActionUnits)
    /// One number for each weight.
    case full

    /// Numbers for a matrix.
    package func size(rows: Int, columns: Int) -> Int {
        switch self {
        case .lowRank(let rank): rank * (rows + columns)
        case .units(.outputs): rows
        case .units(.inputs): columns
        case .full: rows * columns
        }
    }

    /// - Parameter rows: those that are edited, of a single layer; nil for all.
    /// - Throws: ``WorldError/rankTooLarge(layer:rank:rows:columns:)``.
    func validate(for layers: [EditedLayer], rows: [Int]?) throws {
        guard case .lowRank(let rank) = self else { return }
        for layer in layers {
            let count = rows?.count ?? layer.rows
            guard rank >= 1, rank <= min(count, layer.columns) else {
                throw WorldError.rankTooLarge(layer: layer.name, rank: rank, rows: count, columns: layer.columns)
            }
        }
    }
}

/// The fixed offset `b₀` added to the factor `B` of every low-rank action.
///
/// Without it `B·A` with two zero-mean Gaussian factors is a saddle: `D(B, A) = D(−B, −A)`, so the expected gradient of
/// the policy mean at 0 is exactly 0 and nothing is learned (measured: PPO fails in MaskWorld). Signs are drawn from
/// the stream `offset`, one for each entry of `B`.
public struct SignOffset: Sendable {
    /// Magnitude of each entry; 0 switches the offset off.
    public let magnitude: Double
    private let random: RandomStream

    public init(magnitude: Double, random: RandomStream) {
        self.magnitude = magnitude
        self.random = random.split("offset")
    }

    /// `b₀` of some rows of one layer, `[rows, rank]`, entries ±`magnitude`.
    func matrix(for layer: EditedLayer, rows: Int, rank: Int) throws -> Tensor {
        var stream = random.split(layer.name)
        return try Tensor(shape: [rows, rank]) { buffer in
            for index in buffer.indices { buffer[index] = Float(stream.nextWord() & 1 == 0 ? magnitude : -magnitude) }
        }
    }
}
