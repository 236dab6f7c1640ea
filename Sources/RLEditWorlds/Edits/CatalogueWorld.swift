/// A world that users can name. Its constructor in scripts, the manifests and the reference pages are made from this
/// declaration. To add one, write its file, and name its type in ``Worlds/all``.
public protocol CatalogueWorld: EditWorld {
    associatedtype Configuration: EditConfiguration
    /// The world's name, for example `MaskWorld`.
    static var name: String { get }
    /// What an action does, in a sentence or two.
    static var documentation: String { get }
    var configuration: Configuration { get }
    init(_ configuration: Configuration)
}

extension CatalogueWorld {
    public var name: String { Self.name }
    public var editsBias: Bool { configuration.bias }
}

public enum Worlds {
    /// All worlds, in the order in which lists show them.
    public static var all: [any CatalogueWorld.Type] { [MaskWorld.self, ShiftWorld.self] }
}
