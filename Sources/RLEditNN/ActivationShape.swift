/// The shape of one example's activations, and what its dimensions mean.
///
/// Layers, files and scripts give shapes alone, so their number of dimensions is the tag: `[features]` of a vector,
/// `[length, features]` of tokens, `[channels, height, width]` of a picture. Everything that depends on the kind asks here.
struct ActivationShape: Sendable {
    let dimensions: [Int]

    init(_ dimensions: [Int]) { self.dimensions = dimensions }

    var isPicture: Bool { dimensions.count == 3 }

    /// Which dimension holds the features of a position: channels come first in pictures, features last elsewhere.
    var featurePlace: Int { isPicture ? 0 : dimensions.count - 1 }

    /// Numbers of a position.
    var features: Int { dimensions.isEmpty ? 1 : dimensions[featurePlace] }

    /// Pixels of a picture, tokens of a text, 1 for a vector.
    var positions: Int {
        dimensions.indices.reduce(1) { $1 == featurePlace ? $0 : $0 * dimensions[$1] }
    }

    /// The dimensions in the order of memory, where features are last: see "Shapes and memory order" at ``Layer``.
    var inMemory: [Int] { isPicture ? [dimensions[1], dimensions[2], dimensions[0]] : dimensions }

    /// Where a dimension is in ``inMemory``.
    func placeInMemory(of dimension: Int) -> Int { isPicture ? (dimension + 2) % 3 : dimension }
}
