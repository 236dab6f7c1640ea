internal import RLEditCore
internal import RLEditTensor

/// Draws a coloured shape on a coloured ground, in a random pose and light: pictures for tasks where there are no others.
///
/// Portable to the bit: random numbers from `RandomStream`, sine from `PortableMath`, otherwise only + − × ÷ √.
enum ObjectGenerator {
    /// Rows and columns of a picture.
    static let side = 32
    /// Samples along each side of a pixel, for smooth edges.
    private static let samples = 3

    /// `count` pictures (channel by channel, row-major bytes) with their labels, drawn uniformly.
    static func draw(count: Int, stream: RandomStream, pool: WorkerPool) -> (bytes: [UInt8], labels: [Int]) {
        ImageDrawing.draw(count: count, size: 3 * side * side, blockSize: 128, pool: pool, with: {}) {
            index, _, bytes in
            var stream = stream.split("picture", index)
            let label = stream.index(below: ObjectShape.allCases.count)
            draw(ObjectShape.allCases[label], stream: &stream, to: bytes)
            return label
        }
    }

    private static func draw(
        _ shape: ObjectShape, stream: inout RandomStream, to bytes: UnsafeMutableBufferPointer<UInt8>
    ) {
        let (ground, ink) = colours(&stream)
        // How much lighter the ground is on one side, in levels of 0 ... 1.
        let light = SIMD2<Float>(stream.uniform(-0.15, 0.15), stream.uniform(-0.15, 0.15))
        let noise = stream.uniform(0.03, 0.12)
        // At most an eighth of a turn, so that a square stays one.
        let turn = Double(stream.uniform(-0.1, 0.1))
        let sine = Float(turn < 0 ? -PortableMath.sineOfTurns(-turn) : PortableMath.sineOfTurns(turn))
        let cosine = Float(PortableMath.cosineOfTurns(abs(turn)))
        // Pixels from the shape's middle to the end of its unit.
        let reach = stream.uniform(8, 14)
        let centre = SIMD2<Float>(16 + stream.uniform(-3, 3), 16 + stream.uniform(-3, 3))
        var word: UInt32 = 0
        for row in 0..<side {
            for column in 0..<side {
                var inside = 0
                for sample in 0..<(samples * samples) {
                    let x = (Float(column) + (Float(sample % samples) + 0.5) / Float(samples) - centre.x) / reach
                    let y = (Float(row) + (Float(sample / samples) + 0.5) / Float(samples) - centre.y) / reach
                    inside += shape.holds(cosine * x + sine * y, cosine * y - sine * x) ? 1 : 0
                }
                let coverage = Float(inside) / Float(samples * samples)
                let shade = light.x * (Float(column) - 15.5) / 16 + light.y * (Float(row) - 15.5) / 16
                word = stream.nextWord()
                for channel in 0..<3 {
                    // Difference of two 4-bit numbers: triangular on −1 ... 1.
                    let disturbance = Float(Int(word & 15) - Int(word >> 4 & 15)) / 15
                    word >>= 8
                    let base = ground[channel] + (ink[channel] - ground[channel]) * coverage
                    let level = base + shade + noise * disturbance
                    bytes[(channel * side + row) * side + column] = UInt8(min(max(level, 0), 1) * 255 + 0.5)
                }
            }
        }
    }

    /// Two colours that can be told apart.
    private static func colours(_ stream: inout RandomStream) -> (SIMD3<Float>, SIMD3<Float>) {
        while true {
            var pair = (SIMD3<Float>(), SIMD3<Float>())
            for channel in 0..<3 {
                pair.0[channel] = stream.uniform(0.1, 0.9)
                pair.1[channel] = stream.uniform(0.1, 0.9)
            }
            let difference = pair.0 - pair.1
            if (difference * difference).sum() > 0.16 { return pair }
        }
    }
}

/// What a picture shows, in the order of the labels. A shape lies in −1 ... 1, with v downwards.
enum ObjectShape: String, CaseIterable {
    case arrow, checkerboard, crescent, cross, disc, ring, square, star, stripes, triangle

    /// Whether the point belongs to the shape.
    func holds(_ u: Float, _ v: Float) -> Bool {
        let squared = u * u + v * v
        let (across, along) = (abs(u), abs(v))
        let isInSquare = max(across, along) < 0.8
        switch self {
        case .arrow: return v < 0 ? across < (v + 0.9) * 0.75 && v > -0.9 : across < 0.22 && v < 0.9
        case .checkerboard: return isInSquare && ObjectShape.isEven(u, width: 0.4) == ObjectShape.isEven(v, width: 0.4)
        case .crescent: return squared < 0.81 && (u - 0.4) * (u - 0.4) + v * v > 0.49
        case .cross: return min(across, along) < 0.25 && max(across, along) < 0.9
        case .disc: return squared < 0.7
        case .ring: return squared < 0.81 && squared > 0.3
        case .square: return isInSquare
        case .star: return across.squareRoot() + along.squareRoot() < 1
        case .stripes: return isInSquare && ObjectShape.isEven(v, width: 0.32)
        case .triangle: return v > -0.8 && v < 0.7 && across < (v + 0.8) * 0.6
        }
    }

    /// Whether a coordinate from −0.8 on lies in a field of even number.
    private static func isEven(_ coordinate: Float, width: Float) -> Bool {
        Int((coordinate + 0.8) / width).isMultiple(of: 2)
    }
}
