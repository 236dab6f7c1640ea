/// The texts that sets share: written once, never changed. They are kept in pieces, so that a large file is never in memory
/// twice while they grow.
package final class TextStorage: Sendable {
    /// Valid UTF-8; no text goes over the end of a piece.
    private let pieces: [[UInt8]]
    /// Of each text its piece and where it begins there.
    private let places: [Place]

    private struct Place {
        let piece: Int32
        let start: Int32
        let count: Int
    }

    private init(pieces: [[UInt8]], places: [Place]) {
        self.pieces = pieces
        self.places = places
    }

    var byteCount: Int { pieces.reduce(0) { $0 + $1.count } + MemoryLayout<Place>.stride * places.count }

    func withText<Result>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        let place = places[index]
        return pieces[Int(place.piece)].withUnsafeBufferPointer { bytes in
            body(UnsafeBufferPointer(rebasing: bytes[Int(place.start)..<Int(place.start) + Int(place.count)]))
        }
    }

    package struct Builder {
        /// A text longer than that has a piece of its own.
        private static let pieceSize = 1 << 24
        private var full: [[UInt8]] = []
        private var piece: [UInt8] = []
        private var places: [Place] = []

        mutating func append(_ text: some Collection<UInt8>) {
            let count = text.count
            if piece.count + count > Builder.pieceSize, !piece.isEmpty {
                full.append(piece)
                piece = []
                piece.reserveCapacity(Builder.pieceSize)
            }
            places.append(
                Place(
                    piece: Int32(truncatingIfNeeded: full.count), start: Int32(truncatingIfNeeded: piece.count),
                    count: count))
            piece.append(contentsOf: text)
        }

        consuming func finish() -> TextStorage { TextStorage(pieces: full + [piece], places: places) }
    }
}
