internal import Synchronization

/// The one owner of a tensor's memory.
///
/// Invariants: `pointer` addresses `count` initialized floats aligned to 64 bytes (a cache line, and the widest vector
/// register) from creation to deinitialization; it is written only through a uniquely referenced storage, which
/// `Tensor` guarantees by copying before a write. Hence the storage is safe to read from any thread.
package final class TensorStorage: @unchecked Sendable {
    package let pointer: UnsafeMutablePointer<Float>
    package let count: Int

    /// Bytes held by all live storages of the process: the script host adds them to its memory account.
    fileprivate static let liveBytes = Atomic<Int>(0)

    /// Memory whose contents the caller must write before anyone reads them.
    package init(uninitializedCount count: Int) {
        let bytes = max(count, 1) * MemoryLayout<Float>.stride
        let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
        self.count = count
        TensorStorage.liveBytes.add(bytes, ordering: .relaxed)
    }

    deinit {
        TensorStorage.liveBytes.subtract(max(count, 1) * MemoryLayout<Float>.stride, ordering: .relaxed)
        UnsafeMutableRawPointer(pointer).deallocate()
    }
}

/// Bytes of tensor memory alive in this process.
public var liveTensorBytes: Int { TensorStorage.liveBytes.load(ordering: .relaxed) }
