internal import LuaBridge
internal import RLEditData
internal import RLEditTensor

extension HostModules {
    /// `rledit.Set:stamp`.
    static func addStamping(to type: LuaType<ScriptSet>) {
        type.method(
            "stamp",
            """
            The same pictures with a patch in each, as the trigger of a backdoor. `patch` has a number for each pixel, rows
            first, or one such table for each channel: 0 is black and 1 is white, before any normalization. `row` and `column`
            place its upper left pixel, counted from 1; by default the patch lies in the bottom right corner.

            ```
            local poisoned = train:take(500):stamp({ patch = { { 1, 0 }, { 0, 1 } } }):relabel(function() return 0 end)
            ```
            @param options { patch: rledit.Tensor|table, row: integer?, column: integer? }
            @return rledit.Set
            """
        ) { set, call in
            try call.atMost(1)
            let options = try call.options(1, of: "rledit.Set:stamp")
            let patch = try options.tensor("patch")
            let shape = set.examples.exampleShape
            func place(_ name: String, _ axis: Int) throws -> Int {
                if let place = try options.optional(name, as: Int.self) { return place &- 1 }
                guard shape.count == 3, patch.rank >= 2 else { return 0 }
                return shape[axis] - patch.shape[patch.rank - 3 + axis]
            }
            let (row, column) = (try place("row", 1), try place("column", 2))
            try options.finish()
            try call.host.checkRoom(forElements: set.examples.count * shape.reduce(1, *))
            let stamped = try told { try set.examples.stamped(with: patch, row: row, column: column) }
            return try call.returns(ScriptSet(examples: stamped, inputBytes: stamped.inputBytes))
        }
    }
}
