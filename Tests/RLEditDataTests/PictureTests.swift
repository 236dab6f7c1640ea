import Foundation
import RLEditCore
import RLEditData
import RLEditTensor
import RLEditTestSupport
import Testing

/// What `scripts/golden/pictures.py` got from Pillow and torchvision.
private struct Expected: Decodable {
    struct Pixels: Decodable {
        let rows: Int
        let columns: Int
        let channels: Int
        let sha256: String
    }
    struct Resized: Decodable {
        let rows: Int
        let columns: Int
        let size: Int
        let torchvision: Data
        let pillow: String
    }
    let pictures: [String: Pixels]
    let resized: [Resized]
    let luma: String

    static func read() throws -> Expected {
        let file = try #require(
            Bundle.module.url(forResource: "expected", withExtension: "json", subdirectory: "Pictures"))
        return try JSONDecoder().decode(Expected.self, from: Data(contentsOf: file))
    }
}

/// The picture that the script draws as `scene`.
private func scene(rows: Int, columns: Int) -> Picture {
    var pixels: [UInt8] = []
    for y in 0..<rows {
        for x in 0..<columns {
            for c in 0..<3 {
                let wave = (x * (3 + c) + y * (5 - c)) % 256
                pixels.append(UInt8((x / 5 + y / 7 + c) % 3 == 0 ? 255 - wave : wave * wave / 255))
            }
        }
    }
    return Picture(rows: rows, columns: columns, channels: 3, pixels: pixels)
}

@Suite("Pictures")
struct PictureTests {
    @Test("JPEG and PNG files of every kind have the pixels that Pillow gives, upright")
    func decoding() throws {
        let expected = try Expected.read().pictures
        #expect(expected.count >= 45)
        for (name, pixels) in expected {
            let picture = try Picture(decoding: Corpus.bytes(.picture, name))
            let shape: [Int] = [picture.rows, picture.columns, picture.channels]
            #expect(shape == [pixels.rows, pixels.columns, pixels.channels], "\(name)")
            #expect(SHA256Digest.hex(of: picture.pixels) == pixels.sha256, "\(name)")
        }
    }

    @Test(
        "what is broken, too large or no picture is refused with the reason",
        arguments: [
            ("bomb.jpg", "has 65500 × 65500 pixels, more than the 100000000 that are read"),
            ("short.jpg", "has 2183 bytes, and 9000 × 9000 pixels need 158203 at least: it is broken"),
            ("bomb.png", "has 100000 × 100000 pixels, more than the 100000000 that are read"),
            ("short.png", "has 74 bytes, and 9000 × 9000 pixels need 235465 at least: it is broken"),
            ("cut.jpg", "is a broken JPEG picture (Premature end of JPEG file)"),
            ("no-end.jpg", "is a broken JPEG picture (Premature end of JPEG file)"),
            ("cut.png", "is a broken PNG picture (the file ends too early)"),
            ("bad-checksum.png", "is a broken PNG picture (IDAT: CRC error)"),
            ("marker-in-data.jpg", "is a broken JPEG picture (Corrupt JPEG data: premature end of data segment)"),
            ("many-scans.jpg", "is a broken JPEG picture (more than 100 scans)"),
            ("webp.jpg", "is a WebP picture: convert it to JPEG or PNG"),
            ("text.jpg", "is neither a JPEG nor a PNG picture"),
            ("empty.jpg", "is neither a JPEG nor a PNG picture"),
        ])
    func faults(_ name: String, _ message: String) throws {
        let bytes = try Corpus.bytes(.picture, name)
        let fault = #expect(throws: PictureFault.self) { _ = try Picture(decoding: bytes) } as PictureFault?
        #expect(fault.map { "\($0)" } == message)
    }

    @Test("every picture that is cut off is refused, wherever that happens")
    func cutOff() throws {
        for name in ["baseline.jpg", "progressive.jpg", "colour8.png", "grey16-interlaced.png"] {
            let bytes = try Corpus.bytes(.picture, name)
            for count in stride(from: 0, to: bytes.count, by: 7) {
                #expect(throws: PictureFault.self) { _ = try Picture(decoding: Array(bytes[..<count])) }
            }
        }
    }

    @Test("50 pictures of odd sizes are resized and cropped as Pillow does, and as torchvision within a level")
    func resizing() throws {
        let cases = try Expected.read().resized
        #expect(cases.count == 50)
        for expected in cases {
            let label: Comment = "\(expected.rows) × \(expected.columns) to \(expected.size)"
            let picture = scene(rows: expected.rows, columns: expected.columns).resizedAndCropped(to: expected.size)
            #expect(picture.rows == expected.size && picture.columns == expected.size, label)
            #expect(SHA256Digest.hex(of: picture.pixels) == expected.pillow, label)
            let distances = zip(picture.pixels, expected.torchvision).map { abs(Int($0) - Int($1)) }
            #expect(distances.count == 3 * expected.size * expected.size && (distances.max() ?? 0) <= 1, label)
        }
    }

    @Test("colours become grey by their luma, and examples hold one channel after the other")
    func channels() throws {
        let picture = scene(rows: 37, columns: 50)
        func written(_ picture: Picture, channels: Int) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: channels * picture.rows * picture.columns)
            bytes.withUnsafeMutableBufferPointer { picture.write(channels: channels, to: $0) }
            return bytes
        }
        let expected = try Expected.read().luma
        #expect(SHA256Digest.hex(of: written(picture, channels: 1)) == expected)
        let small = Picture(rows: 1, columns: 2, channels: 3, pixels: [1, 2, 3, 4, 5, 6])
        #expect(written(small, channels: 3) == [1, 4, 2, 5, 3, 6])
        let grey = Picture(rows: 1, columns: 2, channels: 1, pixels: [7, 8])
        #expect(written(grey, channels: 3) == [7, 8, 7, 8, 7, 8])
    }
}
