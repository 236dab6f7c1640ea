/// Places for the results of the pieces of a parallel job.
///
/// Invariant that makes it sendable: each piece writes its own place and no other, and places are read after the job.
package final class Slots<Value: Sendable>: @unchecked Sendable {
    private let places: UnsafeMutableBufferPointer<Value?>

    package init(count: Int) {
        places = .allocate(capacity: count)
        places.initialize(repeating: nil)
    }

    deinit {
        places.deinitialize()
        places.deallocate()
    }

    package subscript(index: Int) -> Value? {
        get { places[index] }
        set { places[index] = newValue }
    }

    /// The values of the pieces that had one, in the order of the pieces.
    package var present: [Value] { places.compactMap { $0 } }

    /// All values, once every piece has ended without an error.
    package func values() throws -> [Value] {
        try places.map { value in
            guard let value else {
                throw TensorError.invalidArgument(operation: "parallel job", message: "a piece is missing")
            }
            return value
        }
    }
}
