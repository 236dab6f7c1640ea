internal import Foundation
package import LuaBridge
package import RLEditTensor

/// A tensor as scripts hold it: `rledit.Tensor`.
///
/// Swift functions read and return plain `Tensor`s; this type adds what only the script's side knows.
package struct ScriptTensor: LuaBound {
    package static var luaName: String { "rledit.Tensor" }
    /// Most axes of a tensor that a script or a file brings, as many as NumPy's arrays long had.
    static let largestRank = 32
    package var tensor: Tensor
    /// Made by `t[i]`: a copy, as everything read from a tensor is. Changing it would be lost, since the author of
    /// `t[i][j] = v` means `t`; so that raises.
    package var isElementOfAnother = false

    package init(_ tensor: Tensor, isElementOfAnother: Bool = false) {
        self.tensor = tensor
        self.isElementOfAnother = isElementOfAnother
    }

    func checkWritable() throws {
        guard !isElementOfAnother else {
            throw LuaUsageError(
                "this tensor is a copy made by t[i], so changing it would not change t; write t[{i, j}] = value or "
                    + "t[i] = value, or call clone() first")
        }
    }
}

extension Tensor: LuaReadable, LuaPushable {
    package static var luaExpected: String { ScriptTensor.luaName }
    package static func luaRead(_ slot: LuaSlot) throws -> Tensor? { try ScriptTensor.luaRead(slot)?.tensor }
    package func luaPush(_ context: LuaPushContext) throws { try ScriptTensor(self).luaPush(context) }
}

/// A number or a tensor: the right side of an operation.
enum TensorOperand: LuaReadable {
    case number(Float)
    case tensor(Tensor)

    static var luaExpected: String { "number or \(ScriptTensor.luaName)" }

    static func luaRead(_ slot: LuaSlot) throws -> TensorOperand? {
        if let number = Float.luaRead(slot) { return .number(number) }
        return try Tensor.luaRead(slot).map(TensorOperand.tensor)
    }

    var tensor: Tensor {
        switch self {
        case .number(let value): Tensor(scalar: value)
        case .tensor(let tensor): tensor
        }
    }
}

/// A tensor that would pass the memory limit. A script may catch it, since no memory was taken; uncaught it ends the
/// run as any limit does.
package struct MemoryShortage: Error, CustomStringConvertible {
    package let description: String
}

extension LuaHost {
    /// Raises when a tensor of so many elements would pass the memory limit. Asked before memory is taken: the collector
    /// counts what an object holds only once it exists.
    func checkRoom(forElements count: Int) throws {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
        func used() -> Int { luaBytes + nativeBytes }
        let isLimited = limits.memoryBytes > 0
        let capacity = isLimited ? limits.memoryBytes : Int(clamping: ProcessInfo.processInfo.physicalMemory)
        if !overflow, bytes <= capacity - used() { return }
        // What nobody holds any more may make the room.
        if !overflow, bytes <= capacity {
            try collectGarbage()
            if bytes <= capacity - used() { return }
        }
        let needed = overflow ? "more than \(Int.max >> 20)" : "\(bytes >> 20)"
        throw MemoryShortage(
            description: "not enough memory: a tensor of \(count) elements needs \(needed) MB, \(used() >> 20) of "
                + "\(capacity >> 20) MB are in use" + (isLimited ? " (option --lua-memory sets the limit)" : ""))
    }

    /// Bytes that may still be taken, for readers that learn on the way what they need.
    func freeBytes() throws -> Int {
        try collectGarbage()
        let isLimited = limits.memoryBytes > 0
        let capacity = isLimited ? limits.memoryBytes : Int(clamping: ProcessInfo.processInfo.physicalMemory)
        return max(0, capacity - luaBytes - nativeBytes)
    }

    /// As above, for a shape that a script gave. Empty dimensions count as 1: a shape `[2^40, 0]` holds nothing, but the
    /// sums of its rows would.
    func checkRoom(forShape shape: [Int]) throws {
        _ = try Tensor.elementCount(of: shape)
        try checkRoom(forElements: Tensor.elementCount(of: shape.map { max($0, 1) }))
    }
}
