internal import LuaBridge
internal import RLEditData
internal import RLEditTensor

extension HostModules {
    /// Methods of `rledit.Set`.
    static func registerSets(with host: LuaHost) throws {
        try host.register(ScriptSet.self) { type in
            type.documentation(
                in: "rledit.data",
                """
                An ordered set of labelled examples. Sets do not change: methods give new ones, which share the inputs.
                `#set` is the number of examples. Labels are values as in the data: the digit 7 has label 7. Examples
                may belong to named groups, to several or to none; groups follow the examples through every selection.
                """
            )
            type.property("name", "string") { set, call in try call.returns(set.examples.name) }
            type.property("source", "string where the examples come from") { set, call in
                try call.returns(set.examples.source)
            }
            type.property("count", "integer number of examples") { set, call in try call.returns(set.examples.count) }
            type.property(
                "example_shape",
                """
                integer[] shape of one example, for images `{ channels, rows, columns }`
                """
            ) { set, call in
                try call.returns(set.examples.exampleShape)
            }
            type.property("classes", "string[] names of the labels: label 0 has the first; empty where they have none")
            {
                set, call in
                try call.returns(set.examples.classNames)
            }
            type.property(
                "hash",
                """
                string SHA-256 of the examples in their order, and of their groups and weights if there are any
                """
            ) { set, call in
                try call.returns(set.examples.contentHash)
            }
            type.length { $0.examples.count }
            type.description { $0.examples.description }
            type.nativeBytes { $0.inputBytes + $0.examples.count * 8 + ($0.examples.groups?.byteCount ?? 0) }
            addSelections(to: type)
            addGroups(to: type)
            addLabels(to: type)
            addContents(to: type)
            addStamping(to: type)
        }
    }

    /// Methods that give sets.
    private static func addSelections(to type: LuaType<ScriptSet>) {
        type.method(
            "partition",
            """
            Two sets: the examples whose label satisfies the predicate, and the rest. The predicate is asked once for
            each label that occurs and must answer true or false.
            @param predicate fun(label: integer): boolean
            @return rledit.Set matching
            @return rledit.Set rest
            """
        ) { set, call in
            try call.atMost(1)
            let predicate = try call.function(1)
            let (matching, rest) = try set.examples.partition { label in
                do {
                    return try predicate.call(with: label) { results in
                        if let answer = try results.read(1, as: Bool.self) { return answer }
                        throw LuaMismatch("boolean expected, got nil")
                    }
                } catch let mismatch as LuaMismatch {
                    throw call.argumentError(1, "for label \(label): \(mismatch.description)")
                }
            }
            return try call.returns(matching, rest)
        }
        type.method(
            "take",
            """
            The first `count` examples; an error when there are fewer.
            @param count integer
            @return rledit.Set
            """
        ) { set, call in
            try call.atMost(1)
            let count = try call.integer(1)
            return try call.returns(try call.blaming(1) { try set.examples.take(count) })
        }
        type.method(
            "drop",
            """
            All but the first `count` examples; an error when there are fewer.
            @param count integer
            @return rledit.Set
            """
        ) { set, call in
            try call.atMost(1)
            let count = try call.integer(1)
            return try call.returns(try call.blaming(1) { try set.examples.drop(count) })
        }
        type.method(
            "shuffle",
            """
            The examples in an order drawn from the seed.
            @param seed integer
            @return rledit.Set
            """
        ) { set, call in
            try call.atMost(1)
            return try call.returns(set.examples.shuffled(seed: UInt64(bitPattern: Int64(try call.integer(1)))))
        }
        type.method(
            "split",
            """
            Consecutive parts: the first `fraction` and the rest, or parts of the given sizes.
            @param parts number|integer[] a fraction in 0 … 1, or sizes
            @return rledit.Set ...
            """
        ) { set, call in
            try call.atMost(1)
            if case .table(let table) = call.value(1) {
                let counts = try table.array(of: Int.self, limit: 1000)
                let parts = try call.blaming(1) { try set.examples.split(counts: counts) }
                return try call.returns(
                    list: try parts.map { .object(try call.host.makeObject(ScriptSet(examples: $0))) })
            }
            let fraction = try call.number(1)
            let (first, rest) = try call.blaming(1) { try set.examples.split(fraction: fraction) }
            return try call.returns(first, rest)
        }
        type.method(
            "concat",
            """
            The examples of this set, then those of the other. Groups of one name become one group.
            @param other rledit.Set
            @return rledit.Set
            """
        ) { set, call in
            try call.atMost(1)
            let other = try call.argument(1, as: ExampleSet.self)
            try call.host.checkRoom(forElements: joinedElements(set.examples, other))
            return try call.returns(try call.blaming(1) { try set.examples.concat(other) })
        }
        type.method(
            "subset",
            """
            The examples at these places, in this order; a place may come more than once.
            @param indices integer[]
            @return rledit.Set
            """
        ) { set, call in
            try call.atMost(1)
            let indices = try resolve(try call.table(1).array(of: Int.self), call, count: set.examples.count)
            return try call.returns(try set.examples.subset(indices))
        }
        type.method(
            "named",
            """
            The same examples under another name.
            @param name string
            @return rledit.Set
            """
        ) { set, call in
            try call.atMost(1)
            return try call.returns(set.examples.named(try call.string(1)))
        }
    }

    /// Methods that give what is in a set.
    private static func addContents(to type: LuaType<ScriptSet>) {
        type.method(
            "class_counts",
            """
            Number of examples by label.
            @return table<integer, integer>
            """
        ) { set, call in
            try call.atMost(0)
            let table = try call.host.makeTable()
            for (label, count) in set.examples.classCounts { try table.set(label, count) }
            return try call.returns(table)
        }
        type.method(
            "inputs",
            """
            Inputs of examples `first` to `last` (all by default), or of the listed ones: `[examples, …]`.
            @param first (integer|integer[])?
            @param last integer?
            @return rledit.Tensor
            """
        ) { set, call in
            try call.atMost(2)
            let size = set.examples.exampleShape.reduce(1, *)
            if case .table(let table) = call.value(1) {
                let indices = try resolve(try table.array(of: Int.self), call, count: set.examples.count)
                try call.host.checkRoom(forElements: indices.count * size)
                return try call.returns(try set.examples.inputs(at: indices))
            }
            let rows = try rows(call, count: set.examples.count)
            try call.host.checkRoom(forElements: rows.count * size)
            return try call.returns(try set.examples.inputs(rows))
        }
        type.method(
            "labels",
            """
            Labels of examples `first` to `last`; all by default.
            @param first integer?
            @param last integer?
            @return integer[]
            """
        ) { set, call in
            try call.atMost(2)
            let rows = try rows(call, count: set.examples.count)
            return try call.returns(Array(set.examples.labels[rows]))
        }
        type.method(
            "weights",
            """
            How much each example counts in training; nothing where all count the same. `fit` and baselines that train on
            the set's labels use it: an example's loss is multiplied by its weight over the mean of all. Measures count
            every example once.
            @return number[]?
            """
        ) { set, call in
            try call.atMost(0)
            return try call.returns(set.examples.weights.map { $0.map(Double.init) })
        }
    }

    /// Arguments 1 and 2 as an inclusive range; all rows without them.
    static func rows(_ call: LuaCall, count: Int) throws -> Range<Int> {
        let first = try call.optional(1, as: Int.self) ?? 1
        let last = try call.optional(2, as: Int.self) ?? count
        let lower = first < 0 && first >= -count ? count + first : first == Int.min ? -1 : first - 1
        let upper = last < 0 && last >= -count ? count + last + 1 : last
        guard lower >= 0, upper <= count, lower <= upper else {
            throw LuaUsageError("range \(first) to \(last) is outside a set of \(count) examples")
        }
        return lower..<upper
    }

    /// Floats that the inputs of both sets together take at most.
    private static func joinedElements(_ first: ExampleSet, _ second: ExampleSet) -> Int {
        if first.isSparse, second.isSparse { return (first.inputBytes + second.inputBytes) / 4 }
        return (first.count + second.count) * first.exampleShape.reduce(1, *)
    }

    private static func resolve(_ indices: [Int], _ call: LuaCall, count: Int) throws -> [Int] {
        try indices.map { index in
            guard let resolved = ScriptIndex.resolve(index, count: count) else {
                throw call.argumentError(1, "index \(index) is outside a set of \(count) examples")
            }
            return resolved
        }
    }
}
