internal import RLEditTensor

/// Images drawn by several workers at once.
enum ImageDrawing {
    /// Images drawn by numbered pieces of work, each of some images after the other with what `prepare` makes for it.
    /// - Parameters:
    ///   - size: bytes of an image.
    ///   - blockSize: images of a piece; what is drawn must not depend on it.
    ///   - draw: draws an image into its bytes and gives its label.
    /// - Returns: the bytes of all images, one after the other, and their labels.
    static func draw<Tools>(
        count: Int, size: Int, blockSize: Int, pool: WorkerPool, with prepare: @Sendable () -> Tools,
        _ draw: @Sendable (_ index: Int, _ tools: inout Tools, _ bytes: UnsafeMutableBufferPointer<UInt8>) -> Int
    ) -> (bytes: [UInt8], labels: [Int]) {
        var labels = [Int](repeating: 0, count: count)
        let bytes = [UInt8](unsafeUninitializedCapacity: count * size) { bytes, initialized in
            labels.withUnsafeMutableBufferPointer { labels in
                // Each piece writes the images and labels of its own block only.
                nonisolated(unsafe) let bytes = bytes
                nonisolated(unsafe) let labels = labels
                pool.forEach((count + blockSize - 1) / blockSize) { block, _ in
                    var tools = prepare()
                    for index in block * blockSize..<min((block + 1) * blockSize, count) {
                        let own = UnsafeMutableBufferPointer(rebasing: bytes[index * size..<(index + 1) * size])
                        labels[index] = draw(index, &tools, own)
                    }
                }
            }
            initialized = count * size
        }
        return (bytes, labels)
    }
}
