/// How a window slides, as the attributes of a node say.
struct ImportedWindow {
    let kernel: (height: Int, width: Int)
    var stride = (height: 1, width: 1)
    var padding = (height: 0, width: 0)
    var dilation = (height: 1, width: 1)
    /// The padding depends on the size of the input: `SAME_UPPER`, `SAME_LOWER`.
    fileprivate var isSame = false

    /// Fixes a padding that depends on the input, `[batch, channels, height, width]`.
    mutating func resolve(_ shape: [Int]) throws {
        guard shape.count == 4 else { throw Refusal("an input of shape \(shape), expected pictures") }
        guard isSame else { return }
        padding.height += try ImportedWindow.same(shape[2], kernel.height, stride.height, dilation.height)
        padding.width += try ImportedWindow.same(shape[3], kernel.width, stride.width, dilation.width)
    }

    private static func same(_ size: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) throws -> Int {
        let total = max(0, ((size + stride - 1) / stride - 1) * stride + (kernel - 1) * dilation + 1 - size)
        guard total % 2 == 0 else {
            throw Refusal("\(total) zeros around a size of \(size) are not the same on both sides")
        }
        return total / 2
    }
}

extension Importer {
    func window(_ node: NodeMessage, kernel: (height: Int, width: Int)) throws -> ImportedWindow {
        func pair(_ name: String) throws -> (height: Int, width: Int) {
            guard let sizes = node.ints(name) else { return (1, 1) }
            guard sizes.count == 2, sizes.allSatisfy({ (1...(1 << 15)).contains($0) }) else {
                throw Refusal("\(name) \(sizes)")
            }
            return (sizes[0], sizes[1])
        }
        guard (1...(1 << 15)).contains(kernel.height), (1...(1 << 15)).contains(kernel.width) else {
            throw Refusal("a window of \(kernel.height)×\(kernel.width)")
        }
        var window = ImportedWindow(kernel: kernel)
        window.stride = try pair("strides")
        window.dilation = try pair("dilations")
        switch node.text("auto_pad") ?? "NOTSET" {
        case "NOTSET", "":
            let pads = node.ints("pads") ?? [0, 0, 0, 0]
            guard pads.count == 4, pads[0] == pads[2], pads[1] == pads[3],
                pads.allSatisfy({ (0...(1 << 15)).contains($0) })
            else { throw Refusal("pads \(pads), which are not the same on both sides") }
            window.padding = (pads[0], pads[1])
        case "VALID": break
        case "SAME_UPPER", "SAME_LOWER": window.isSame = true
        case let other: throw Refusal("auto_pad \(other)")
        }
        return window
    }
}
