internal import Foundation
public import RLEditNN
internal import RLEditTensor

/// The file that a network came from. It is written again with the bytes of edited tensors in their places; every other byte
/// stays as it is.
public struct ONNXOriginal: OriginalFile {
    /// Where a parameter comes from.
    struct Origin: Sendable {
        let parameter: String
        /// nil where the graph computes the values.
        let stored: (tensor: TensorMessage, transposed: Bool, rows: Range<Int>?)?
    }

    let file: ONNXFile
    let origins: [Origin]
    /// As it was loaded.
    let network: Network

    public var ending: String { ".onnx" }
    public var path: String { file.path }
    public var byteCount: Int { file.external.values.reduce(file.file.size) { $0 + $1.size } }

    /// The tensor of a parameter and where its bytes are: the file's path, and places in it. Nil where the graph computes the
    /// values, or their sizes vary.
    package func place(of parameter: String) throws -> (tensor: String, path: String, ranges: [Range<Int>])? {
        guard let tensor = origins.first(where: { $0.parameter == parameter })?.stored?.tensor,
            let place = try file.places(of: tensor)
        else { return nil }
        return (tensor.name, place.file.path, place.ranges)
    }

    public func read(_ body: ([UInt8]) -> Void) throws {
        for part in [file.file] + file.external.keys.sorted().compactMap({ file.external[$0] }) {
            for start in stride(from: 0, to: part.size, by: 1 << 20) {
                body(try part.read(offset: start, count: min(1 << 20, part.size - start), tensor: nil))
            }
        }
    }

    /// New bytes in place of old ones.
    private struct Patch {
        let range: Range<Int>
        let bytes: [UInt8]
    }

    /// - Throws: ``ONNXError`` for a parameter that cannot be put back, before anything is written.
    public func write(_ edited: Network, to path: String) throws {
        let (patches, outside) = try patches(edited)
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        var copies: [(name: String, target: String)] = []
        for name in file.external.keys.sorted() {
            let target = folder.appendingPathComponent(name)
            let own = URL(fileURLWithPath: file.path).deletingLastPathComponent().appendingPathComponent(name)
            // Beside the original its data may stay where they are.
            if outside[name] == nil, target.standardizedFileURL == own.standardizedFileURL { continue }
            guard !FileManager.default.fileExists(atPath: target.path) else {
                throw ONNXError(file: path, fault: .unwritableData(name: name))
            }
            copies.append((name, target.path))
        }
        for (name, target) in copies {
            guard let source = file.external[name] else { continue }
            try ONNXOriginal.copy(source, outside[name] ?? [], to: target)
        }
        try ONNXOriginal.copy(file.file, patches, to: path)
    }

    /// What changes in the model's own file, and in those of its external data.
    private func patches(_ edited: Network) throws -> (own: [Patch], outside: [String: [Patch]]) {
        var (own, outside): ([Patch], [String: [Patch]]) = ([], [:])
        // Parameters that share a tensor have to agree.
        var owners: [String: (parameter: String, value: Tensor)] = [:]
        // Queries, keys and values may be parts of one tensor.
        var parts: [String: PartedTensor] = [:]
        /// Adds the bytes of a tensor.
        func patch(_ tensor: TensorMessage, _ value: Tensor, _ fault: (String) -> ONNXError) throws {
            guard let (_, ranges) = try file.places(of: tensor) else {
                throw fault("its tensor is stored as numbers of different lengths; save the model with raw data")
            }
            var bytes = try encoded(value, over: try file.bytes(of: tensor), tensor, fault)[...]
            let patches = ranges.map { range in
                defer { bytes = bytes.dropFirst(range.count) }
                return Patch(range: range, bytes: Array(bytes.prefix(range.count)))
            }
            if case .external(let entries) = tensor.elements, let name = entries["location"] {
                outside[name, default: []] += patches
            } else {
                own += patches
            }
        }
        for origin in origins {
            func fault(_ reason: String) -> ONNXError {
                ONNXError(file: file.path, fault: .unwritable(parameter: origin.parameter, reason: reason))
            }
            guard let old = network.parameter(origin.parameter), let new = edited.parameter(origin.parameter),
                new.shape == old.shape
            else { throw fault("the network is not the one of this file") }
            guard let (tensor, isTransposed, rows) = origin.stored else {
                guard new.hasSameBits(as: old) else {
                    throw fault(
                        "the file has no tensor of it, its graph computes the values; export the model with its names kept"
                    )
                }
                continue
            }
            let key = "\(tensor.elements)"
            if let rows {
                guard !new.hasSameBits(as: old) else { continue }
                var whole = try parts[key] ?? PartedTensor(origin.parameter, tensor, isTransposed, file)
                guard whole.take(new, rows: rows) else {
                    throw fault("'\(whole.parameter)' shares a part of its tensor of the file, and their values differ")
                }
                parts[key] = whole
                continue
            }
            let value = isTransposed ? try new.transposed() : new
            if let other = owners[key] {
                guard other.value.hasSameBits(as: value) else {
                    throw fault("'\(other.parameter)' is the same tensor of the file, and their values differ")
                }
                continue
            }
            owners[key] = (origin.parameter, value)
            guard !new.hasSameBits(as: old) else { continue }
            try patch(tensor, value, fault)
        }
        for key in parts.keys.sorted() {
            guard let whole = parts[key] else { continue }
            func fault(_ reason: String) -> ONNXError {
                ONNXError(file: file.path, fault: .unwritable(parameter: whole.parameter, reason: reason))
            }
            guard owners[key] == nil else { throw fault("another layer reads the whole of its tensor of the file") }
            try patch(whole.tensor, try whole.value(), fault)
        }
        return (own, outside)
    }

    /// The new elements in the type of the old ones; those that are equal as `Float` keep their bytes.
    private func encoded(
        _ value: Tensor, over old: [UInt8], _ tensor: TensorMessage, _ fault: (String) -> ONNXError
    ) throws -> [UInt8] {
        guard let type = tensor.elementType, type.isFloatingPoint else { throw fault("its tensor holds whole numbers") }
        var new: [UInt8] = []
        let overflows = value.withUnsafeBufferPointer { type.encode($0, into: &new) }
        guard overflows == 0 else {
            throw fault("\(overflows) values are too large for \(type.name) and would become infinite")
        }
        var before = [Float](repeating: 0, count: value.count)
        before.withUnsafeMutableBufferPointer { buffer in old.withUnsafeBytes { type.decode($0, into: buffer) } }
        let size = tensor.elementSize
        value.withUnsafeBufferPointer { values in
            for index in values.indices where values[index].bitPattern == before[index].bitPattern {
                for byte in (index * size)..<((index + 1) * size) { new[byte] = old[byte] }
            }
        }
        return new
    }

    /// A copy of a file with some bytes replaced, whole or not at all.
    private static func copy(_ source: OpenFile, _ patches: [Patch], to path: String) throws {
        let patches = patches.sorted { $0.range.lowerBound < $1.range.lowerBound }
        for (patch, next) in zip(patches, patches.dropFirst()) where patch.range.upperBound > next.range.lowerBound {
            throw ONNXError(file: source.path, fault: .graph(reason: "two of its tensors share some of their bytes"))
        }
        let target = try PendingFile(path: path)
        var position = 0
        for patch in patches + [Patch(range: source.size..<source.size, bytes: [])] {
            while position < patch.range.lowerBound {
                let count = min(1 << 20, patch.range.lowerBound - position)
                try target.write(try source.read(offset: position, count: count, tensor: nil))
                position += count
            }
            try target.write(patch.bytes)
            position = patch.range.upperBound
        }
        try target.finish()
    }
}
