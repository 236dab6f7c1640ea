internal import CZlib
internal import Foundation

/// A picture of red, green, blue and opacity, 8 bits each, not premultiplied.
struct Bitmap {
    let width: Int
    let height: Int
    /// Four bytes per pixel, rows from the top.
    private(set) var pixels: [UInt8]

    /// Red, green and blue in [0, 255].
    typealias Colour = SIMD3<Double>

    init(width: Int, height: Int) {
        self.width = max(1, width)
        self.height = max(1, height)
        pixels = [UInt8](repeating: 0, count: self.width * self.height * 4)
    }

    /// Set a pixel; outside of the picture nothing happens.
    mutating func set(_ x: Int, _ y: Int, _ colour: Colour, opacity: Double) {
        guard x >= 0, x < width, y >= 0, y < height else { return }
        let place = (y * width + x) * 4
        for channel in 0..<3 { pixels[place + channel] = Bitmap.byte(colour[channel]) }
        pixels[place + 3] = Bitmap.byte(opacity * 255)
    }

    private static func byte(_ value: Double) -> UInt8 { UInt8(min(max(value.rounded(), 0), 255)) }

    // MARK: PNG (ISO/IEC 15948)

    /// The picture as a PNG file.
    var png: [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(pixels.count + height)
        for row in 0..<height {
            // Filter 0: neighbours are equal or unrelated in our pictures, so differences would not help.
            lines.append(0)
            lines += pixels[row * width * 4..<(row + 1) * width * 4]
        }
        func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
            let body = Array(type.utf8) + data
            let sum = UInt32(truncatingIfNeeded: crc32(0, body, UInt32(body.count)))
            return bigEndian(UInt32(data.count)) + body + bigEndian(sum)
        }
        // 8 bits a sample, colour type 6 (RGBA), deflate, adaptive filters, not interlaced.
        let header = bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 6, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
            + chunk("IDAT", Bitmap.deflated(lines)) + chunk("IEND", [])
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

    /// Whether a byte can be part of what ``base64(_:)`` gives.
    static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): true
        default: false
        }
    }

    static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}
