/// One field of a configuration, declared once: its name, what it means, its range, and where it is stored. What scripts
/// can set, the checks, the manifests, the annotations and the reference pages are all made from these declarations.
///
///     public var epochs = 10
///     public var settings: [Setting<Self>] {
///         [.integer("epochs", \.epochs, .atLeast(1), "passes over each rollout")]
///     }
public struct Setting<Owner> {
    /// In Swift's spelling, as the stored property: `learningRate`.
    public let name: String
    /// For users: a phrase without its default, which is shown beside it. It names the unit, and says what `nil` means.
    public let documentation: String
    public let value: Value
    /// Whether the setting has to be given, as a size without a sensible default has.
    public let isRequired: Bool

    /// Where the value is stored, and its range; the range of a list is that of each element.
    public enum Value {
        case integer(WritableKeyPath<Owner, Int>, Bounds)
        case number(WritableKeyPath<Owner, Double>, Bounds)
        case boolean(WritableKeyPath<Owner, Bool>)
        /// Height and width.
        case pair(WritableKeyPath<Owner, (height: Int, width: Int)>, Bounds)
        /// nil switches it off, or leaves it to the owner.
        case optionalNumber(WritableKeyPath<Owner, Double?>, Bounds)
        /// nil where another setting takes its place.
        case optionalInteger(WritableKeyPath<Owner, Int?>, Bounds)
        /// One of a few words; nil where another setting takes its place.
        case word(WordChoice<Owner>)
        case integers(WritableKeyPath<Owner, [Int]>, Bounds)
        case optionalIntegers(WritableKeyPath<Owner, [Int]?>, Bounds)
        /// A number that may vary over a run.
        case schedule(WritableKeyPath<Owner, Schedule>, Bounds)
        case optionalSchedule(WritableKeyPath<Owner, Schedule?>, Bounds)
        /// A number that may vary over a run, for all edited layers or for each. Checked when the layers are known.
        case layerScale(WritableKeyPath<Owner, LayerScale>, Bounds)
    }

    /// The range of the value, or of each element.
    public var bounds: Bounds {
        switch value {
        case .integer(_, let bounds), .number(_, let bounds), .pair(_, let bounds), .optionalNumber(_, let bounds),
            .optionalInteger(_, let bounds), .integers(_, let bounds), .optionalIntegers(_, let bounds),
            .schedule(_, let bounds),
            .optionalSchedule(_, let bounds), .layerScale(_, let bounds):
            bounds
        case .boolean, .word: .any
        }
    }

    private init(_ name: String, _ value: Value, _ documentation: String, isRequired: Bool = false) {
        self.name = name
        self.value = value
        self.documentation = documentation
        self.isRequired = isRequired
    }

    /// The same setting, which has to be given.
    public var required: Setting { Setting(name, value, documentation, isRequired: true) }

    public static func integer(
        _ name: String, _ path: WritableKeyPath<Owner, Int>, _ bounds: Bounds, _ documentation: String
    ) -> Setting { Setting(name, .integer(path, bounds), documentation) }

    public static func number(
        _ name: String, _ path: WritableKeyPath<Owner, Double>, _ bounds: Bounds, _ documentation: String
    ) -> Setting { Setting(name, .number(path, bounds), documentation) }

    public static func boolean(
        _ name: String, _ path: WritableKeyPath<Owner, Bool>, _ documentation: String
    ) -> Setting { Setting(name, .boolean(path), documentation) }

    public static func pair(
        _ name: String, _ path: WritableKeyPath<Owner, (height: Int, width: Int)>, _ bounds: Bounds,
        _ documentation: String
    ) -> Setting { Setting(name, .pair(path, bounds), documentation) }

    public static func number(
        _ name: String, _ path: WritableKeyPath<Owner, Double?>, _ bounds: Bounds, _ documentation: String
    ) -> Setting { Setting(name, .optionalNumber(path, bounds), documentation) }

    public static func integer(
        _ name: String, _ path: WritableKeyPath<Owner, Int?>, _ bounds: Bounds, _ documentation: String
    ) -> Setting { Setting(name, .optionalInteger(path, bounds), documentation) }

    public static func word<Word: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ path: WritableKeyPath<Owner, Word>, _ documentation: String
    ) -> Setting { Setting(name, .word(WordChoice(path)), documentation) }

    public static func word<Word: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ path: WritableKeyPath<Owner, Word?>, _ documentation: String
    ) -> Setting { Setting(name, .word(WordChoice(path)), documentation) }

    public static func layerScale(
        _ name: String, _ path: WritableKeyPath<Owner, LayerScale>, _ bounds: Bounds, _ documentation: String
    ) -> Setting { Setting(name, .layerScale(path, bounds), documentation) }

    public static func integers(
        _ name: String, _ path: WritableKeyPath<Owner, [Int]>, _ bounds: Bounds, _ documentation: String
    ) -> Setting { Setting(name, .integers(path, bounds), documentation) }

    public static func integers(
        _ name: String, _ path: WritableKeyPath<Owner, [Int]?>, _ bounds: Bounds, _ documentation: String
    ) -> Setting { Setting(name, .optionalIntegers(path, bounds), documentation) }

    public static func schedule(
        _ name: String, _ path: WritableKeyPath<Owner, Schedule>, _ bounds: Bounds, _ documentation: String
    ) -> Setting { Setting(name, .schedule(path, bounds), documentation) }

    public static func schedule(
        _ name: String, _ path: WritableKeyPath<Owner, Schedule?>, _ bounds: Bounds, _ documentation: String
    ) -> Setting { Setting(name, .optionalSchedule(path, bounds), documentation) }
}
