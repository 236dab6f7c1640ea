/// Which pixels of a line enter each pixel of the line that is made of it, and with which weights: linear interpolation,
/// over a wider window when the line becomes shorter (antialiasing).
///
/// Pillow's resampling with the filter `BILINEAR` (`src/libImaging/Resample.c`): weights in units of 2⁻²², sums of whole
/// numbers. torchvision's `resize(antialias=True)` of bytes differs by a level at most, since its weights are coarser.
private struct Resampling {
    struct Window {
        let start: Int
        let weights: [Int32]
    }

    /// One for each pixel that is wanted.
    let windows: [Window]

    private static let precision = 22
    static let half = 1 << (precision - 1)

    /// The byte that a sum of weighted bytes, with a half added, rounds to.
    @inline(__always)
    static func byte(_ sum: Int) -> UInt8 { UInt8(max(0, min(255, sum >> precision))) }

    /// - Parameter wanted: which pixels of the new line.
    init(from count: Int, to newCount: Int, wanted: Range<Int>) {
        let scale = Double(count) / Double(newCount)
        let reach = max(1, scale)
        windows = wanted.map { place in
            let centre = (Double(place) + 0.5) * scale
            let start = max(0, Int(centre - reach + 0.5))
            let end = min(count, Int(centre + reach + 0.5))
            let shares = (start..<end).map { source in
                let distance = abs((Double(source) - centre + 0.5) * (1 / reach))
                return distance < 1 ? 1 - distance : 0
            }
            let total = shares.reduce(0, +)
            return Window(
                start: start,
                weights: shares.map { Int32(0.5 + (total == 0 ? $0 : $0 / total) * Double(1 << Self.precision)) })
        }
    }

    /// The pixels of the old line that enter, in one range.
    var sources: Range<Int> {
        let end = windows.map { $0.start + $0.weights.count }.max() ?? 0
        return (windows.first?.start ?? 0)..<end
    }
}

extension Picture {
    /// The square in the middle of the picture, after its shorter side has been brought to `size`: torchvision's
    /// `resize(size, antialias=True)` and `center_crop(size)`, with their rules of rounding.
    /// - Parameter size: positive.
    package func resizedAndCropped(to size: Int) -> Picture {
        let short = min(rows, columns)
        // The longer side is rounded down.
        func resized(_ side: Int) -> Int { side == short ? size : size * side / short }
        let (tall, wide) = (resized(rows), resized(columns))
        let top = Picture.rest(of: tall - size)
        let left = Picture.rest(of: wide - size)
        if tall == rows, wide == columns { return cropped(top: top, left: left, size: size) }
        return resampled(
            vertical: Resampling(from: rows, to: tall, wanted: top..<(top + size)),
            horizontal: Resampling(from: columns, to: wide, wanted: left..<(left + size)))
    }

    /// Half of what is cut off, a half rounded to an even number, as Python does.
    private static func rest(of excess: Int) -> Int {
        let half = excess / 2
        return excess.isMultiple(of: 2) || half.isMultiple(of: 2) ? half : half + 1
    }

    private func cropped(top: Int, left: Int, size: Int) -> Picture {
        if size == rows, size == columns { return self }
        var kept: [UInt8] = []
        kept.reserveCapacity(size * size * channels)
        for row in top..<(top + size) {
            let start = (row * columns + left) * channels
            kept += pixels[start..<(start + size * channels)]
        }
        return Picture(rows: size, columns: size, channels: channels, pixels: kept)
    }

    /// Along the rows first, then along the columns, rounded to bytes in between. (Pillow from 13 on may do the columns
    /// first, which changes a level here and there.)
    private func resampled(vertical: Resampling, horizontal: Resampling) -> Picture {
        let (newRows, newColumns) = (vertical.windows.count, horizontal.windows.count)
        let sources = vertical.sources
        let width = newColumns * channels
        let narrow = [UInt8](unsafeUninitializedCapacity: sources.count * width) { target, initialized in
            pixels.withUnsafeBufferPointer { pixels in
                var place = 0
                for row in sources {
                    for window in horizontal.windows {
                        let start = (row * columns + window.start) * channels
                        window.weights.withUnsafeBufferPointer { weights in
                            for channel in 0..<channels {
                                var sum = Resampling.half
                                for index in weights.indices {
                                    sum += Int(pixels[start + index * channels + channel]) * Int(weights[index])
                                }
                                target[place + channel] = Resampling.byte(sum)
                            }
                        }
                        place += channels
                    }
                }
                initialized = place
            }
        }
        let result = [UInt8](unsafeUninitializedCapacity: newRows * width) { target, initialized in
            var sums = [Int](repeating: 0, count: width)
            narrow.withUnsafeBufferPointer { narrow in
                for (row, window) in vertical.windows.enumerated() {
                    for column in 0..<width { sums[column] = Resampling.half }
                    for (index, weight) in window.weights.enumerated() {
                        let start = (window.start - sources.lowerBound + index) * width
                        for column in 0..<width { sums[column] += Int(narrow[start + column]) * Int(weight) }
                    }
                    for column in 0..<width { target[row * width + column] = Resampling.byte(sums[column]) }
                }
                initialized = newRows * width
            }
        }
        return Picture(rows: newRows, columns: newColumns, channels: channels, pixels: result)
    }
}

extension Picture {
    /// Writes the picture as examples are kept: all of one channel, row by row, then the next. Grey pictures have the same
    /// levels in each of three channels; of colours one channel is the luma of ITU-R 601, as Pillow's `convert("L")`.
    /// - Parameter target: room for `channels × rows × columns` bytes.
    package func write(channels wanted: Int, to target: UnsafeMutableBufferPointer<UInt8>) {
        let count = rows * columns
        pixels.withUnsafeBufferPointer { pixels in
            switch (channels, wanted) {
            case (3, 3):
                for place in 0..<count {
                    target[place] = pixels[3 * place]
                    target[count + place] = pixels[3 * place + 1]
                    target[2 * count + place] = pixels[3 * place + 2]
                }
            case (3, _):
                for place in 0..<count {
                    let (red, green, blue) = (
                        Int(pixels[3 * place]), Int(pixels[3 * place + 1]), Int(pixels[3 * place + 2])
                    )
                    target[place] = UInt8((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16)
                }
            default:
                for channel in 0..<wanted {
                    for place in 0..<count { target[channel * count + place] = pixels[place] }
                }
            }
        }
    }
}
