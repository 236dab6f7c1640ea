internal import CZlib

/// A picture of red, green, blue and opacity, 8 bits each, not premultiplied.
struct Bitmap {
    let width: Int
    let height: Int
    /// Four bytes per pixel, rows from the top.
    private(set) var pixels: [UInt8]

    struct Colour: Equatable {
        var red: Double
        var green: Double
        var blue: Double

        /// Components in [0, 255].
        init(_ red: Double, _ green: Double, _ blue: Double) {
            self.red = red
            self.green = green
            self.blue = blue
        }

        func mixed(with other: Colour, _ share: Double) -> Colour {
            Colour(
                red + (other.red - red) * share, green + (other.green - green) * share,
                blue + (other.blue - blue) * share)
        }
    }

    init(width: Int, height: Int) {
        self.width = max(1, width)
        self.height = max(1, height)
        pixels = [UInt8](repeating: 0, count: self.width * self.height * 4)
    }

    /// Set a pixel; outside of the picture nothing happens.
    mutating func set(_ x: Int, _ y: Int, _ colour: Colour, opacity: Double) {
        guard x >= 0, x < width, y >= 0, y < height else { return }
        let place = (y * width + x) * 4
        pixels[place] = Bitmap.byte(colour.red)
        pixels[place + 1] = Bitmap.byte(colour.green)
        pixels[place + 2] = Bitmap.byte(colour.blue)
        pixels[place + 3] = Bitmap.byte(opacity * 255)
    }

    /// Lay a disc with a soft edge over the picture (Porter and Duff's *over*); centre and radius in pixels.
    mutating func disc(x: Double, y: Double, radius: Double, _ colour: Colour, opacity: Double) {
        guard x.isFinite, y.isFinite, abs(x) < 1e6, abs(y) < 1e6 else { return }
        let reach = radius + 0.5
        let columns = max(0, Int(x - reach))..<max(0, min(width, Int(x + reach) + 1))
        let rows = max(0, Int(y - reach))..<max(0, min(height, Int(y + reach) + 1))
        guard columns.lowerBound < columns.upperBound, rows.lowerBound < rows.upperBound else { return }
        let width = width
        pixels.withUnsafeMutableBufferPointer { pixels in
            for row in rows {
                for column in columns {
                    let (dx, dy) = (Double(column) + 0.5 - x, Double(row) + 0.5 - y)
                    let square = dx * dx + dy * dy
                    if square >= reach * reach { continue }
                    let above = opacity * min(reach - square.squareRoot(), 1)
                    let place = (row * width + column) * 4
                    let below = Double(pixels[place + 3]) / 255 * (1 - above)
                    let total = above + below
                    let (old, new) = (below / total, above / total)
                    pixels[place] = Bitmap.byte(Double(pixels[place]) * old + colour.red * new)
                    pixels[place + 1] = Bitmap.byte(Double(pixels[place + 1]) * old + colour.green * new)
                    pixels[place + 2] = Bitmap.byte(Double(pixels[place + 2]) * old + colour.blue * new)
                    pixels[place + 3] = Bitmap.byte(total * 255)
                }
            }
        }
    }

    private static func byte(_ value: Double) -> UInt8 { UInt8(min(max(value.rounded(), 0), 255)) }

    // MARK: PNG (ISO/IEC 15948)

    /// The picture as a PNG file.
    var png: [UInt8] {
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        // 8 bits a sample, colour type 6 (RGBA), deflate, adaptive filters, not interlaced.
        Bitmap.append(
            chunk: "IHDR", Bitmap.bigEndian(UInt32(width)) + Bitmap.bigEndian(UInt32(height)) + [8, 6, 0, 0, 0],
            to: &file)
        var lines: [UInt8] = []
        lines.reserveCapacity(pixels.count + height)
        for row in 0..<height {
            // Filter 0: neighbours are equal or unrelated in our pictures, so differences would not help.
            lines.append(0)
            lines += pixels[row * width * 4..<(row + 1) * width * 4]
        }
        Bitmap.append(chunk: "IDAT", Bitmap.deflated(lines), to: &file)
        Bitmap.append(chunk: "IEND", [], to: &file)
        return file
    }

    /// For the `href` of an image inside a document.
    var dataURI: String { "data:image/png;base64,\(Bitmap.base64(png))" }

    private static func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

    private static func append(chunk type: String, _ data: [UInt8], to file: inout [UInt8]) {
        let body = Array(type.utf8) + data
        file += bigEndian(UInt32(data.count))
        file += body
        file += bigEndian(UInt32(truncatingIfNeeded: crc32(0, body, UInt32(body.count))))
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

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Whether a byte can be part of what ``base64(_:)`` gives.
    static func isBase64(_ byte: UInt8) -> Bool { alphabet.contains(byte) || byte == UInt8(ascii: "=") }

    static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = alphabet
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let left = bytes.count - start
            let group =
                UInt32(bytes[start]) << 16 | (left > 1 ? UInt32(bytes[start + 1]) << 8 : 0)
                | (left > 2 ? UInt32(bytes[start + 2]) : 0)
            text.append(alphabet[Int(group >> 18)])
            text.append(alphabet[Int(group >> 12 & 63)])
            text.append(left > 1 ? alphabet[Int(group >> 6 & 63)] : UInt8(ascii: "="))
            text.append(left > 2 ? alphabet[Int(group & 63)] : UInt8(ascii: "="))
        }
        return String(decoding: text, as: UTF8.self)
    }
}
