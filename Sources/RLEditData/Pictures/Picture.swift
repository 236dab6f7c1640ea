internal import CPictures

/// A decoded picture: rows from top to bottom, the channels of a pixel side by side, 8 bits each.
public struct Picture: Equatable, Sendable {
    public let rows: Int
    public let columns: Int
    /// 1 for grey, 3 for red, green, blue.
    public let channels: Int
    /// `rows × columns × channels`.
    public let pixels: [UInt8]

    /// Most pixels of a picture, whatever its header says: 300 MB once decoded.
    public static let mostPixels = 100_000_000
    /// Largest file of a picture, in bytes.
    public static let largestFile = 1 << 28

    /// - Parameter pixels: `rows × columns × channels`, which is not checked.
    package init(rows: Int, columns: Int, channels: Int, pixels: [UInt8]) {
        self.rows = rows
        self.columns = columns
        self.channels = channels
        self.pixels = pixels
    }

    /// The picture in a JPEG or PNG file, upright as its orientation tag says.
    ///
    /// JPEG: baseline, progressive and arithmetic, grey, colour, CMYK and YCCK; the bytes are those of Pillow's
    /// `convert("RGB")`. PNG: every kind; 16 bits become 8 by rounding `v / 257` (Pillow cuts off the lower byte of colours,
    /// and clips grey levels), alpha is dropped. Colour profiles are not applied.
    public init(decoding bytes: [UInt8]) throws(PictureFault) {
        guard bytes.count <= Picture.largestFile else {
            throw .fileTooLarge(bytes: bytes.count, limit: Picture.largestFile)
        }
        let format = try PictureFormat(of: bytes)
        let decoded = bytes.withUnsafeBufferPointer { file in
            Result { () throws(PictureFault) in try Picture(file, format) }
        }
        self = try decoded.get().upright(ExifOrientation(of: bytes, format))
    }

    private init(_ file: UnsafeBufferPointer<UInt8>, _ format: PictureFormat) throws(PictureFault) {
        var header = cpictures_header()
        var message = [CChar](repeating: 0, count: Int(CPICTURES_MESSAGE))
        func broken() -> PictureFault {
            .broken(
                format: format.rawValue,
                message: String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        guard let decoder = cpictures_open(format.code, file.baseAddress, file.count, &header, &message) else {
            throw broken()
        }
        defer { cpictures_close(decoder) }
        let (rows, columns, channels) = (Int(header.height), Int(header.width), Int(header.channels))
        let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard !overflow, count <= Picture.mostPixels else {
            throw .tooLarge(rows: rows, columns: columns, limit: Picture.mostPixels)
        }
        guard file.count >= Int(header.smallest_bytes) else {
            throw .tooShort(rows: rows, columns: columns, bytes: file.count, needed: Int(header.smallest_bytes))
        }
        var status: Int32 = 0
        let pixels = [UInt8](unsafeUninitializedCapacity: count * channels) { pixels, initialized in
            status = cpictures_decode(decoder, pixels.baseAddress, &message)
            initialized = status == 0 ? count * channels : 0
        }
        guard status == 0 else { throw broken() }
        self.init(rows: rows, columns: columns, channels: channels, pixels: pixels)
    }
}

/// What a file of a picture is, by its first bytes.
enum PictureFormat: String {
    case jpeg = "JPEG"
    case png = "PNG"

    fileprivate var code: Int32 { Int32(self == .jpeg ? CPICTURES_JPEG : CPICTURES_PNG) }

    /// Endings of the names of files that are pictures, whether they can be read or not.
    static let endings: Set<String> = [
        "jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "heic", "heif", "avif", "ppm", "pgm",
    ]

    /// - Throws: ``PictureFault/unknownFormat(format:)``.
    init(of bytes: [UInt8]) throws(PictureFault) {
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else {
            throw .unknownFormat(format: PictureFormat.nameOfOther(bytes))
        }
    }

    private static func nameOfOther(_ bytes: [UInt8]) -> String? {
        func holds(_ text: String, at start: Int = 0) -> Bool { bytes.dropFirst(start).starts(with: text.utf8) }
        if holds("GIF8") { return "GIF" }
        if holds("RIFF"), holds("WEBP", at: 8) { return "WebP" }
        if holds("BM") { return "BMP" }
        if holds("II*\0") || holds("MM\0*") { return "TIFF" }
        if holds("ftypavif", at: 4) { return "AVIF" }
        if ["heic", "heix", "mif1", "hevc"].contains(where: { holds("ftyp\($0)", at: 4) }) { return "HEIC" }
        if holds("P5") || holds("P6") { return "PPM" }
        return nil
    }
}
