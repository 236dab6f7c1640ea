internal import RLEditTensor

/// A square of pixels that strokes are drawn on: each pixel keeps its distance to the nearest stroke's edge.
struct StrokeCanvas {
    private let side: Int
    /// Squared distance of each pixel's centre to the nearest stroke's middle line, row-major.
    private var squaredDistances: [Float]
    private var radius: Float = 1
    private var reach: Float = 1
    /// Beyond this distance (in pixels) from its middle line no pen leaves ink: bounds the pixels visited.
    private static let farthest: Float = 3.5

    init(side: Int) {
        self.side = side
        squaredDistances = [Float](repeating: .infinity, count: side * side)
    }

    mutating func clear() {
        for index in squaredDistances.indices { squaredDistances[index] = .infinity }
    }

    /// Draw straight pieces between successive points (in pixels) with a round pen.
    mutating func draw(_ path: [SIMD2<Float>], radius: Float) {
        self.radius = radius
        let side = side
        squaredDistances.withUnsafeMutableBufferPointer { distances in
            if path.count == 1, let point = path.first {
                StrokeCanvas.draw(from: point, to: point, distances, side: side)
            }
            for index in path.indices.dropFirst() {
                StrokeCanvas.draw(from: path[index - 1], to: path[index], distances, side: side)
            }
        }
    }

    /// Width in pixels over which an edge fades from ink to paper.
    mutating func soften(reach: Float) { self.reach = reach }

    private static func draw(
        from start: SIMD2<Float>, to end: SIMD2<Float>, _ distances: UnsafeMutableBufferPointer<Float>, side: Int
    ) {
        let along = end - start
        let squaredLength = along.x * along.x + along.y * along.y
        let inverse = squaredLength > 0 ? 1 / squaredLength : 0
        let rows = pixels(from: min(start.y, end.y), to: max(start.y, end.y), side: side)
        let columns = pixels(from: min(start.x, end.x), to: max(start.x, end.x), side: side)
        for row in rows {
            let dy = Float(row) + 0.5 - start.y
            for column in columns {
                let dx = Float(column) + 0.5 - start.x
                let projection = (dx * along.x + dy * along.y) * inverse
                let t = projection < 0 ? 0 : projection > 1 ? 1 : projection
                let awayX = dx - t * along.x
                let awayY = dy - t * along.y
                let squared = awayX * awayX + awayY * awayY
                let index = row * side + column
                distances[index] = squared < distances[index] ? squared : distances[index]
            }
        }
    }

    /// Pixels that ink between two coordinates can reach.
    private static func pixels(from low: Float, to high: Float, side: Int) -> Range<Int> {
        let limit = Float(side)
        let first = Int(min(max(low - farthest, 0), limit))
        let last = Int(min(max(high + farthest + 1, 0), limit))
        return first..<max(first, last)
    }

    /// Turn distances to grey levels: ink inside the stroke, fading at its edge, disturbed by noise.
    func write(to bytes: UnsafeMutableBufferPointer<UInt8>, ink: Ink, stream: inout RandomStream) {
        var word: UInt32 = 0
        for index in bytes.indices {
            if index & 3 == 0 { word = stream.nextWord() }
            // Difference of two 4-bit numbers: triangular on −1 ... 1.
            let disturbance = Float(Int(word & 15) - Int(word >> 4 & 15)) / 15
            word >>= 8
            let coverage = (radius - squaredDistances[index].squareRoot()) / reach + 0.5
            let level = ink.contrast * min(max(coverage, 0), 1) + ink.noise * disturbance
            bytes[index] = UInt8(min(max(level, 0), 1) * 255 + 0.5)
        }
    }
}
