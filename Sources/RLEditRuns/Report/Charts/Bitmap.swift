internal import CZlib
internal import Foundation

/// A picture of red, green, blue and opacity, 8 bits each, not premultiplied.
struct Bitmap {
    let width: Int
    let height: Int
    /// Four bytes per pixel, rows from the top.
    private let pixels: [UInt8]

    /// Red, green, blue and opacity in [0, 255].
    typealias Colour = SIMD4<Double>

    init(width: Int, height: Int, _ colour: (_ column: Int, _ row: Int) -> Colour) {
        self.width = width
        self.height = height
        pixels = (0..<width * height).flatMap { place in
            let colour = colour(place % width, place / width)
            return colour.indices.map { UInt8(min(max(colour[$0].rounded(), 0), 255)) }
        }
    }

    /// As a PNG file (ISO/IEC 15948) in base 64.
    var base64: String {
        func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
            let body = Array(type.utf8) + data
            let sum = UInt32(truncatingIfNeeded: crc32(0, body, UInt32(body.count)))
            return bigEndian(UInt32(data.count)) + body + bigEndian(sum)
        }
        // 8 bits a sample, colour type 6 (RGBA), deflate, adaptive filters, not interlaced.
        let header = bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 6, 0, 0, 0]
        // Filter 0: neighbours are equal or unrelated in our pictures, so differences would not help.
        let length = 4 * width
        let lines = (0..<height).flatMap { (row: Int) -> [UInt8] in [0] + pixels[row * length..<(row + 1) * length] }
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        for (type, data) in [("IHDR", header), ("IDAT", Bitmap.deflated(lines)), ("IEND", [])] {
            file += chunk(type, data)
        }
        return Data(file).base64EncodedString()
    }

    /// zlib's format (RFC 1950).
    private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var size = compressBound(UInt(bytes.count))
        var result = [UInt8](repeating: 0, count: Int(size))
        // With an output of `compressBound` bytes this fails only when memory has ended.
        let status = compress2(&result, &size, bytes, UInt(bytes.count), 6)
        precondition(status == Z_OK, "zlib failed with status \(status)")
        return Array(result[..<Int(size)])
    }
}
