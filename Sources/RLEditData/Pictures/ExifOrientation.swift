/// How a camera was held, as the orientation tag of a picture says (Exif 2.3, tag 0x0112): what has to be done to the stored
/// rows to see the picture upright.
///
/// Read from the APP1 segment of a JPEG or the eXIf chunk of a PNG by a parser of its own, which looks at nothing else.
/// What it cannot make sense of is no orientation: the picture is kept as stored, as Pillow does.
struct ExifOrientation: Equatable {
    /// 1 (as stored) to 8.
    let value: Int

    init(_ value: Int) { self.value = (1...8).contains(value) ? value : 1 }

    init(of bytes: [UInt8], _ format: PictureFormat) {
        let tags = format == .jpeg ? ExifOrientation.segment(bytes) : ExifOrientation.chunk(bytes)
        self.init(tags.flatMap(ExifOrientation.orientation) ?? 1)
    }

    /// The tags of the first APP1 segment of a JPEG that holds any.
    private static func segment(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
        let marker: [UInt8] = Array("Exif\0\0".utf8)
        var position = 2
        while position + 4 <= bytes.count {
            guard bytes[position] == 0xFF else { return nil }
            let kind = bytes[position + 1]
            // A filling byte.
            if kind == 0xFF {
                position += 1
                continue
            }
            // The pixels begin, or end.
            if kind == 0xDA || kind == 0xD9 { return nil }
            let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
            guard length >= 2, position + 2 + length <= bytes.count else { return nil }
            let contents = bytes[(position + 4)..<(position + 2 + length)]
            if kind == 0xE1, contents.starts(with: marker) { return contents.dropFirst(marker.count) }
            position += 2 + length
        }
        return nil
    }

    /// The tags of a PNG's eXIf chunk.
    private static func chunk(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
        var position = 8
        while position + 12 <= bytes.count {
            let length = bytes[position..<(position + 4)].reduce(0) { $0 << 8 | Int($1) }
            guard length <= bytes.count - position - 12 else { return nil }
            if bytes[(position + 4)..<(position + 8)].elementsEqual("eXIf".utf8) {
                return bytes[(position + 8)..<(position + 8 + length)]
            }
            position += 12 + length
        }
        return nil
    }

    /// The orientation among the tags of the first directory of a TIFF structure.
    private static func orientation(_ tags: ArraySlice<UInt8>) -> Int? {
        let isLittle = tags.starts(with: "II".utf8)
        guard tags.count >= 8, isLittle || tags.starts(with: "MM".utf8) else { return nil }
        func number(at offset: Int, bytes: Int) -> Int? {
            guard offset >= 0, offset <= tags.count - bytes else { return nil }
            let part = tags.dropFirst(offset).prefix(bytes)
            return isLittle ? part.reversed().reduce(0) { $0 << 8 | Int($1) } : part.reduce(0) { $0 << 8 | Int($1) }
        }
        guard number(at: 2, bytes: 2) == 42, let directory = number(at: 4, bytes: 4),
            let count = number(at: directory, bytes: 2)
        else { return nil }
        for entry in 0..<count {
            let start = directory + 2 + 12 * entry
            guard let tag = number(at: start, bytes: 2), let type = number(at: start + 2, bytes: 2) else { return nil }
            // Unsigned, of 16 bits, in the entry itself.
            if tag == 0x0112 { return type == 3 ? number(at: start + 8, bytes: 2) : nil }
        }
        return nil
    }
}

extension Picture {
    /// The picture turned and mirrored so that it is upright.
    func upright(_ orientation: ExifOrientation) -> Picture {
        let value = orientation.value
        if value == 1 { return self }
        let isTurned = value >= 5
        let (newRows, newColumns) = isTurned ? (columns, rows) : (rows, columns)
        // Where the rows and columns of the stored picture run backwards.
        let backwardRows = [3, 4, 6, 7].contains(value)
        let backwardColumns = [2, 3, 7, 8].contains(value)
        let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { target, initialized in
            var place = 0
            for y in 0..<newRows {
                for x in 0..<newColumns {
                    let (storedRow, storedColumn) = isTurned ? (x, y) : (y, x)
                    let row = backwardRows ? rows - 1 - storedRow : storedRow
                    let column = backwardColumns ? columns - 1 - storedColumn : storedColumn
                    let start = (row * columns + column) * channels
                    for channel in 0..<channels { target[place + channel] = pixels[start + channel] }
                    place += channels
                }
            }
            initialized = place
        }
        return Picture(rows: newRows, columns: newColumns, channels: channels, pixels: turned)
    }
}
