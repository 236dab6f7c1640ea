internal import CKernels

/// Row-major matrix product on borrowed memory: `C[m, n] = alpha · op(A) · op(B) + beta · C`.
///
/// Runs on the calling thread alone. `transposeA` means A is stored `[k, m]`, `transposeB` that B is stored `[n, k]`;
/// leading dimensions count floats between rows. Callers have checked all extents.
package func matrixProduct(
    transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Float = 1,
    _ a: UnsafePointer<Float>, lda: Int, _ b: UnsafePointer<Float>, ldb: Int, beta: Float = 0,
    _ c: UnsafeMutablePointer<Float>, ldc: Int
) {
    guard m > 0, n > 0 else { return }
    let status = rl_sgemm(
        transposeA ? 1 : 0, transposeB ? 1 : 0, Int64(m), Int64(n), Int64(k), alpha, a, Int64(lda), b, Int64(ldb), beta,
        c, Int64(ldc))
    precondition(status == 0, "oneDNN refused a product whose extents were checked")
}

extension Tensor {
    /// Matrix product of two matrices, either of them transposed first: `[m, k] · [k, n] → [m, n]`.
    /// - Throws: ``TensorError/rankMismatch(operation:expected:actual:)``,
    ///   ``TensorError/shapeMismatch(operation:expected:actual:)`` naming the shape the second factor should have.
    public func matmul(_ other: Tensor, transposeSelf: Bool = false, transposeOther: Bool = false) throws(TensorError)
        -> Tensor
    {
        guard rank == 2 else { throw .rankMismatch(operation: "matmul", expected: "a matrix", actual: shape) }
        guard other.rank == 2 else {
            throw .rankMismatch(operation: "matmul", expected: "a matrix", actual: other.shape)
        }
        let (m, k) = transposeSelf ? (shape[1], shape[0]) : (shape[0], shape[1])
        let (innerDimension, n) =
            transposeOther ? (other.shape[1], other.shape[0]) : (other.shape[0], other.shape[1])
        guard innerDimension == k else {
            throw .shapeMismatch(
                operation: "matmul", expected: transposeOther ? [n, k] : [k, n], actual: other.shape)
        }
        guard k > 0 else { return try Tensor.zeros([m, n]) }
        let result = Tensor(uninitialized: [m, n], count: try Tensor.elementCount(of: [m, n]))
        withUnsafeBufferPointer { a in
            other.withUnsafeBufferPointer { b in
                guard let a = a.baseAddress, let b = b.baseAddress else { return }
                matrixProduct(
                    transposeA: transposeSelf, transposeB: transposeOther, m: m, n: n, k: k, a, lda: shape[1], b,
                    ldb: other.shape[1], result.storage.pointer, ldc: n)
            }
        }
        return result
    }
}

/// Which kernels compute here: recorded in every manifest, since bits differ between kernel sets.
public struct NumericKernels: Sendable, Equatable, Codable, CustomStringConvertible {
    /// Numeric library and its version, for example `oneDNN 2.6.3`.
    public let library: String
    /// Instruction set that the library dispatches to, for example `AVX512_CORE_BF16`.
    public let libraryInstructionSet: String
    /// Instruction set of our own loops: `x86-64-v4`, `x86-64-v3` or `default`.
    public let loopInstructionSet: String

    /// All of it in one line, for example `oneDNN 2.6.3 (AVX512_CORE_BF16), loops x86-64-v4`.
    public var description: String { "\(library) (\(libraryInstructionSet)), loops \(loopInstructionSet)" }

    public static let current: NumericKernels = {
        let version = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { buffer in
            buffer.initialize(repeating: 0)
            guard let base = buffer.baseAddress else { return "" }
            rl_dnnl_version(base, 32)
            return String(cString: base)
        }
        return NumericKernels(
            library: "oneDNN \(version)", libraryInstructionSet: String(cString: rl_dnnl_isa()),
            loopInstructionSet: String(cString: rl_loop_isa()))
    }()
}
