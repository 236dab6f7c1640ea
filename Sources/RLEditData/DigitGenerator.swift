internal import Foundation
internal import RLEditCore
internal import RLEditTensor

/// Draws digits as a hand would: strokes of a random variant of the digit, in a random pose, with a random pen.
///
/// Portable to the bit: random numbers from `RandomStream`, sine from `PortableMath`, otherwise only + − × ÷ √.
enum DigitGenerator {
    /// Rows and columns of an image.
    static let side = 28

    /// `count` images (row-major bytes) with their labels, drawn uniformly from 0 ... 9.
    static func draw(count: Int, stream: RandomStream, pool: WorkerPool?) -> (bytes: [UInt8], labels: [Int]) {
        let pool = pool ?? WorkerPool(workers: ProcessInfo.processInfo.activeProcessorCount)
        return ImageDrawing.draw(
            count: count, size: side * side, blockSize: 256, pool: pool, with: { StrokeCanvas(side: side) }
        ) { index, canvas, bytes in
            var stream = stream.split("image", index)
            let label = stream.index(below: 10)
            drawDigit(label, on: &canvas, stream: &stream)
            canvas.write(to: bytes, ink: Ink(stream: &stream), stream: &stream)
            return label
        }
    }

    // The ranges below are chosen so that the example network reaches 98.5 to 99 % on held-out images after two epochs
    // over the default 20,000: hard enough to be a task.
    private static func drawDigit(_ digit: Int, on canvas: inout StrokeCanvas, stream: inout RandomStream) {
        let variants = DigitStrokes.variants[digit]
        let variant = variants[stream.index(below: variants.count)]
        let pose = Pose(stream: &stream)
        // Standard deviation of the pen's aim, in units of the digit's height or width.
        let jitter = stream.uniform(0.01, 0.035)
        // Half of the pen's width, in pixels.
        let radius = stream.uniform(0.75, 1.75)
        canvas.clear()
        for stroke in variant {
            let points = stroke.points.map { point in
                pose.apply(SIMD2(point.x + jitter * stream.normal(), point.y + jitter * stream.normal()))
            }
            let path = stroke.isCurve ? Spline.points(through: points, piecesPerSpan: 5) : points
            canvas.draw(path, radius: radius)
        }
        canvas.soften(reach: stream.uniform(0.5, 1.1))
    }
}

/// How the strokes' unit square lies on the image: stretched, slanted, turned and moved.
struct Pose {
    private let xAxis: SIMD2<Float>
    private let yAxis: SIMD2<Float>
    private let centre: SIMD2<Float>

    init(stream: inout RandomStream) {
        let width = stream.uniform(11, 19)
        let height = stream.uniform(16, 21)
        // A standard deviation of 8 degrees, in turns.
        let turn = Double(stream.normal()) * 0.022
        let slant = 0.12 + 0.14 * stream.normal()
        let amount = min(abs(turn), 0.25)
        let sine = Float(turn < 0 ? -PortableMath.sineOfTurns(amount) : PortableMath.sineOfTurns(amount))
        let cosine = Float(PortableMath.cosineOfTurns(amount))
        // Slant leans the upright strokes to the right, as most hands do: y grows downwards.
        let x = SIMD2<Float>(width, 0)
        let y = SIMD2<Float>(-slant * height, height)
        xAxis = SIMD2(cosine * x.x - sine * x.y, sine * x.x + cosine * x.y)
        yAxis = SIMD2(cosine * y.x - sine * y.y, sine * y.x + cosine * y.y)
        centre = SIMD2(14 + stream.normal(), 14 + stream.normal())
    }

    /// From the unit square (y downwards) to pixels.
    func apply(_ point: SIMD2<Float>) -> SIMD2<Float> { centre + (point.x - 0.5) * xAxis + (point.y - 0.5) * yAxis }
}

/// What the pen leaves on the paper: how dark, how even, how clean.
struct Ink {
    /// Grey level of a full stroke, 0 ... 1.
    let contrast: Float
    /// Largest disturbance of a pixel, 0 ... 1.
    let noise: Float

    init(stream: inout RandomStream) {
        contrast = stream.uniform(0.65, 1)
        noise = stream.uniform(0, 0.2)
    }
}

/// Catmull and Rom's spline (1974): a smooth curve through its points.
enum Spline {
    static func points(through points: [SIMD2<Float>], piecesPerSpan: Int) -> [SIMD2<Float>] {
        guard points.count > 2 else { return points }
        var result = [points[0]]
        for span in 0..<points.count - 1 {
            let before = points[max(span - 1, 0)]
            let start = points[span]
            let end = points[span + 1]
            let after = points[min(span + 2, points.count - 1)]
            let slopeAtStart = (end - before) * 0.5
            let slopeAtEnd = (after - start) * 0.5
            for piece in 1...piecesPerSpan {
                let t = Float(piece) / Float(piecesPerSpan)
                // Hermite form of the cubic, by Horner's rule.
                let cubic = (start - end) * 2 + slopeAtStart + slopeAtEnd
                let square = (end - start) * 3 - slopeAtStart * 2 - slopeAtEnd
                result.append(((cubic * t + square) * t + slopeAtStart) * t + start)
            }
        }
        return result
    }
}
