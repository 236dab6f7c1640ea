/// What a method spent.
///
/// Passes are counted in *full-forward equivalents*: one example through the whole network is one forward pass; a pass
/// through the last layers only counts as the share of the network's multiply-adds that they do.
public struct Cost: Sendable, Equatable {
    /// Forward passes of one example each.
    public var forwards: Double
    /// Backward passes of one example each.
    public var backwards: Double
    /// Wall-clock seconds.
    public var seconds: Double

    public init(forwards: Double = 0, backwards: Double = 0, seconds: Double = 0) {
        self.forwards = forwards
        self.backwards = backwards
        self.seconds = seconds
    }

    /// Thousand full-forward equivalents: (forwards + 2 · backwards) / 1000, since a backward pass computes two products
    /// for each one of the forward pass.
    public var kfe: Double { (forwards + 2 * backwards) / 1000 }
}

/// Counts the passes of one method at work, and tells who watches how far it is.
public final class PassCounter {
    public private(set) var cost = Cost()
    private let watch: (_ share: Double) -> Bool
    private var isStopping = false

    /// - Parameter watch: gets the share of the work that is done, 0 … 1, now and then; false asks to stop.
    public init(watch: @escaping (_ share: Double) -> Bool = { _ in true }) { self.watch = watch }

    /// - Parameter share: of a full pass, by multiply-adds.
    public func forward(_ examples: Int, share: Double = 1) { cost.forwards += share * Double(examples) }

    public func backward(_ examples: Int, share: Double = 1) { cost.backwards += share * Double(examples) }

    /// - Throws: ``BaselineError/interrupted`` once the watcher has asked to stop.
    public func report(_ done: Int, of total: Int) throws(BaselineError) {
        if isStopping || !watch(total > 0 ? Double(done) / Double(total) : 0) {
            isStopping = true
            throw .interrupted
        }
    }
}
