internal import Foundation

/// A dense, row-major array of `Float` with value semantics.
///
/// Copies share memory until one of them is written. There are no views: slicing and transposing copy, so that no
/// write is ever seen through another tensor. Shape `[]` is a scalar (one element); a 0 dimension holds none.
public struct Tensor: Sendable {
    /// Size of each dimension, outermost first.
    public let shape: [Int]
    package private(set) var storage: TensorStorage

    /// Number of elements: the product of `shape`.
    public var count: Int { storage.count }
    /// Number of dimensions.
    public var rank: Int { shape.count }

    /// Elements that fill this machine's memory. The system refuses larger requests, which would end the process.
    private static let largestCount = Int(
        clamping: ProcessInfo.processInfo.physicalMemory / UInt64(MemoryLayout<Float>.stride))

    /// The number of elements of a shape.
    /// - Throws: ``TensorError/invalidShape(_:)`` for a negative dimension, or dimensions whose product (zeros left
    ///   out, so that the product of any of them is bounded too) passes the machine's memory.
    public static func elementCount(of shape: [Int]) throws(TensorError) -> Int {
        var product = 1
        for dimension in shape where dimension != 0 {
            let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
            guard dimension > 0, !overflow, next <= largestCount else { throw .invalidShape(shape) }
            product = next
        }
        return shape.contains(0) ? 0 : product
    }

    /// Shape already checked; contents to be written by the caller before any read.
    package init(uninitialized shape: [Int], count: Int) {
        self.shape = shape
        storage = TensorStorage(uninitializedCount: count)
    }

    /// A tensor whose memory `initialize` fills completely. The buffer holds zeros on entry.
    package init(
        shape: [Int], initializingWith initialize: (UnsafeMutableBufferPointer<Float>) throws -> Void
    ) throws {
        let count = try Tensor.elementCount(of: shape)
        self.init(uninitialized: shape, count: count)
        storage.pointer.initialize(repeating: 0, count: count)
        try initialize(UnsafeMutableBufferPointer(start: storage.pointer, count: count))
    }

    /// All elements equal to `value`.
    public init(repeating value: Float, shape: [Int]) throws(TensorError) {
        let count = try Tensor.elementCount(of: shape)
        self.init(uninitialized: shape, count: count)
        storage.pointer.initialize(repeating: value, count: count)
    }

    public static func zeros(_ shape: [Int]) throws(TensorError) -> Tensor { try Tensor(repeating: 0, shape: shape) }
    public static func ones(_ shape: [Int]) throws(TensorError) -> Tensor { try Tensor(repeating: 1, shape: shape) }

    /// Values in row-major order.
    /// - Throws: ``TensorError/countMismatch(shape:expected:actual:)``.
    public init(_ values: [Float], shape: [Int]) throws(TensorError) {
        let count = try Tensor.elementCount(of: shape)
        guard values.count == count else {
            throw .countMismatch(shape: shape, expected: count, actual: values.count)
        }
        self.init(uninitialized: shape, count: count)
        values.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { storage.pointer.initialize(from: base, count: count) }
        }
    }

    /// A vector `[values.count]`.
    public init(_ values: [Float]) {
        self.init(uninitialized: [values.count], count: values.count)
        values.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { storage.pointer.initialize(from: base, count: source.count) }
        }
    }

    /// A scalar, shape `[]`.
    public init(scalar: Float) {
        self.init(uninitialized: [], count: 1)
        storage.pointer.initialize(to: scalar)
    }

    /// The same elements under another shape; shares memory until written.
    public func reshaped(_ shape: [Int]) throws(TensorError) -> Tensor {
        let count = try Tensor.elementCount(of: shape)
        guard count == self.count else {
            throw .shapeMismatch(operation: "reshape", expected: shape, actual: self.shape)
        }
        return Tensor(shape: shape, sharing: storage)
    }

    private init(shape: [Int], sharing storage: TensorStorage) {
        self.shape = shape
        self.storage = storage
    }

    /// Elements in row-major order.
    public var scalars: [Float] { withUnsafeBufferPointer { Array($0) } }

    /// True when both tensors share the same memory: nothing was copied.
    package func sharesStorage(with other: Tensor) -> Bool { storage === other.storage }

    /// Borrow the elements for reading. Take it once, outside the loop.
    public func withUnsafeBufferPointer<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = try body(UnsafeBufferPointer(start: storage.pointer, count: storage.count))
        withExtendedLifetime(storage) {}
        return result
    }

    /// Borrow the elements for writing; copies first when the memory is shared.
    public mutating func withUnsafeMutableBufferPointer<Result, Failure: Error>(
        _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        if !isKnownUniquelyReferenced(&storage) {
            let copy = TensorStorage(uninitializedCount: storage.count)
            copy.pointer.initialize(from: storage.pointer, count: storage.count)
            storage = copy
        }
        let result = try body(UnsafeMutableBufferPointer(start: storage.pointer, count: storage.count))
        withExtendedLifetime(storage) {}
        return result
    }
}

extension Tensor: Equatable {
    /// Same shape and the same values (NaN differs from everything, as in IEEE 754).
    public static func == (left: Tensor, right: Tensor) -> Bool {
        guard left.shape == right.shape else { return false }
        return left.withUnsafeBufferPointer { a in
            right.withUnsafeBufferPointer { b in
                for index in 0..<a.count where a[index] != b[index] { return false }
                return true
            }
        }
    }
}
