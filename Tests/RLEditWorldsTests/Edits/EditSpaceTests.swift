import RLEditCore
internal import RLEditTensor
internal import RLEditWorlds
internal import Testing

/// A layer of each shape that the suites below edit.
private enum Layers {
    static func two() throws -> [EditedLayer] {
        [
            try EditedLayer(
                name: "fc1", parameterName: "fc1.weight", weight: Fixture.tensor([6, 10], "a", scale: 0.1)),
            try EditedLayer(name: "fc2", parameterName: "fc2.weight", weight: Fixture.tensor([4, 6], "b", scale: 0.3)),
        ]
    }

    static func action(_ count: Int) -> [Float] {
        var stream = RandomStream(seed: 9, name: "action")
        return (0..<count).map { _ in stream.uniform(-1, 1) }
    }

    static func apply(
        _ world: any EditWorld, to layers: [EditedLayer], steps: Int = 1, progress: Double = 0
    ) throws -> [LayerEdit] {
        let bound = try world.bind(to: layers, random: RandomStream(seed: 42))
        let action = action(bound.actionSize)
        var edits = layers.map { _ in LayerEdit.unchanged }
        for _ in 0..<steps {
            edits = try action.withUnsafeBufferPointer { try bound.apply($0, to: edits, progress: progress) }
        }
        return edits
    }

    /// Edited minus unedited weights.
    static func changes(_ edit: LayerEdit, _ layer: EditedLayer) throws -> [Double] {
        zip(try edit.weights(of: layer).scalars, layer.base.scalars).map { Double($0) - Double($1) }
    }
}

@Suite("Scale by layer") struct LayerScaleTests {
    private func worlds(_ scale: LayerScale) -> [any EditWorld] {
        var mask = MaskWorld.Configuration()
        mask.scale = scale
        var shift = ShiftWorld.Configuration()
        shift.scale = scale
        return [MaskWorld(mask), ShiftWorld(shift)]
    }

    @Test("each layer's change grows with its own scale, given by name or in order")
    func scales() throws {
        let layers = try Layers.two()
        let named = LayerScale.named([("fc2", .constant(0.5)), ("fc1", .constant(3))])
        for scale in [named, .ordered([.constant(3), .constant(0.5)])] {
            for (world, plain) in zip(worlds(scale), worlds(.constant(1))) {
                let (edits, ones) = (try Layers.apply(world, to: layers), try Layers.apply(plain, to: layers))
                for (index, factor) in [3, 0.5].enumerated() {
                    let changes = try Layers.changes(edits[index], layers[index])
                    for (change, one) in zip(changes, try Layers.changes(ones[index], layers[index])) {
                        #expect(abs(change - factor * one) < 1e-6)
                    }
                }
            }
        }
    }

    @Test("each layer's schedule follows progress, in both worlds and over several steps")
    func schedules() throws {
        let layers = try Layers.two()
        for steps in [1, 2] {
            let annealed = worlds(.ordered([.linear(2, 1), .constant(0.25)]))
            let expected = worlds(.ordered([.constant(1.5), .constant(0.25)]))
            for (world, constant) in zip(annealed, expected) {
                let half = try Layers.apply(world, to: layers, steps: steps, progress: 0.5)
                let plain = try Layers.apply(constant, to: layers, steps: steps)
                for (index, layer) in layers.enumerated() {
                    #expect(try half[index].weights(of: layer) == plain[index].weights(of: layer))
                }
            }
        }
    }

    @Test("says which layer has no scale, or none of its own")
    func faults() throws {
        let layers = try Layers.two()
        func message(_ scale: LayerScale) -> String {
            do {
                _ = try Layers.apply(worlds(scale)[1], to: layers)
                return "no error"
            } catch { return "\(error)" }
        }
        #expect(message(.named([("fc1", .constant(1))])) == "ShiftWorld: scale has no entry for the layer 'fc2'")
        #expect(
            message(.named([("fc1", .constant(1)), ("fc", .constant(1))]))
                == "ShiftWorld: scale names the layer 'fc', which is not edited (did you mean 'fc1'?); edited layers: "
                + "fc1, fc2")
        #expect(
            message(.ordered([.constant(1)])) == "ShiftWorld: scale has 1 entries for 2 edited layers (fc1, fc2)")
        #expect(
            message(.ordered([.constant(1), .constant(-1)]))
                == "ShiftWorld: scale must be above 0 and at most 1000000, got -1.0")
        #expect(message(.linear(1, 0)) == "no error")
    }
}

@Suite("Sparse edits") struct EditSparsityTests {
    private func world(_ isMask: Bool, _ form: ActionForm, _ sparsity: EditSparsity) -> any EditWorld {
        if isMask {
            var configuration = MaskWorld.Configuration()
            (configuration.form, configuration.sparsity) = (form, sparsity)
            return MaskWorld(configuration)
        }
        var configuration = ShiftWorld.Configuration()
        (configuration.form, configuration.sparsity) = (form, sparsity)
        return ShiftWorld(configuration)
    }

    @Test("of the changes of each layer the largest are made, and the others not at all", arguments: [true, false])
    func largest(isMask: Bool) throws {
        let layers = try Layers.two()
        for form in [ActionForm.lowRank(rank: 2), .full, .units(.outputs), .units(.inputs)] {
            let dense = try Layers.apply(world(isMask, form, .dense), to: layers)
            for (sparsity, kept) in [
                (EditSparsity.largest(5), [5, 5]), (.density(0.25), [15, 6]), (.density(1e-9), [1, 1]),
                (.largest(24), [24, 24]), (.density(1), [60, 24]),
            ] {
                let sparse = try Layers.apply(world(isMask, form, sparsity), to: layers)
                for (index, layer) in layers.enumerated() {
                    let all = try Layers.changes(dense[index], layer)
                    let some = try Layers.changes(sparse[index], layer)
                    let changed = some.indices.filter { some[$0] != 0 }
                    #expect(changed.count == kept[index], "\(form), \(sparsity)")
                    for place in changed { #expect(abs(some[place] - all[place]) < 1e-6) }
                    // Whatever was left out is no larger than what was made, but for the last bit of a rounding.
                    let smallest = changed.map { abs(all[$0]) }.min() ?? 0
                    for place in all.indices where some[place] == 0 { #expect(abs(all[place]) <= smallest + 1e-6) }
                }
            }
        }
    }

    @Test("steps of an episode choose their weights again, and a relative step keeps its norm")
    func steps() throws {
        let layers = try Layers.two()
        for isMask in [true, false] {
            let twice = try Layers.apply(world(isMask, .full, .largest(3)), to: layers, steps: 2)
            for (index, layer) in layers.enumerated() {
                let changed = try Layers.changes(twice[index], layer).filter { $0 != 0 }.count
                #expect((3...6).contains(changed))
            }
        }
        var configuration = ShiftWorld.Configuration()
        configuration.unit = .relativeNorm
        configuration.scale = .constant(0.4)
        configuration.sparsity = .largest(3)
        let relative = try Layers.apply(ShiftWorld(configuration), to: layers)
        for (edit, layer) in zip(relative, layers) {
            #expect(abs(try EditMagnitude(of: [edit], on: [layer]).relativeNorm - 0.4) < 1e-5)
        }
    }

    @Test("of equal changes the first are made, so that an edit never depends on chance")
    func ties() throws {
        let layer = try EditedLayer(name: "fc", parameterName: "fc.weight", weight: .ones([2, 3]))
        var configuration = ShiftWorld.Configuration()
        (configuration.form, configuration.sparsity, configuration.scale) = (.full, .largest(4), .constant(1))
        let bound = try ShiftWorld(configuration).bind(to: [layer], random: RandomStream(seed: 1))
        let edits = try ([0.5, -0.5, 1, 0.5, 0.5, -0.5] as [Float]).withUnsafeBufferPointer {
            try bound.apply($0, to: [.unchanged], progress: 0)
        }
        #expect(try edits[0].weights(of: layer).scalars == [1.5, 0.5, 2, 1.5, 1, 1])
    }

    @Test("says which setting, or which layer, is at fault")
    func faults() throws {
        let layers = try Layers.two()
        func message(_ sparsity: EditSparsity) -> String {
            do {
                _ = try Layers.apply(world(true, .full, sparsity), to: layers)
                return "no error"
            } catch { return "\(error)" }
        }
        #expect(
            message(.largest(25))
                == "the 25 largest changes do not fit layer 'fc2' of 24 weights: expected 1 to 24")
        #expect(
            message(.largest(0)) == "MaskWorld: topK must be at least 1, got 0")
        #expect(message(.density(0)) == "MaskWorld: density must be above 0 and at most 1, got 0.0")
        #expect(message(.density(.nan)) == "MaskWorld: density must be above 0 and at most 1, got nan")
    }
}

@Suite("Edits of some rows") struct EditedRowsTests {
    private func worlds(_ form: ActionForm, rows: [Int]?) -> [any EditWorld] {
        var mask = MaskWorld.Configuration()
        var shift = ShiftWorld.Configuration()
        (mask.form, mask.rows, shift.form, shift.rows) = (form, rows, form, rows)
        return [MaskWorld(mask), ShiftWorld(shift)]
    }

    @Test("the rows that are named change as a layer of these rows would, and the others keep their bits")
    func rows() throws {
        let layer = try Layers.two()[0]
        let chosen = [4, 1, 5]
        let matrix = try Tensor(
            chosen.flatMap { Array(layer.base.scalars[($0 * 10)..<($0 * 10 + 10)]) }, shape: [3, 10])
        let part = try EditedLayer(name: "fc1", parameterName: "fc1.weight", weight: matrix)
        for form in [ActionForm.lowRank(rank: 2), .full, .units(.outputs), .units(.inputs)] {
            for (index, world) in worlds(form, rows: chosen).enumerated() {
                let bound = try world.bind(to: [layer], random: RandomStream(seed: 42))
                #expect(bound.actionSize == form.size(rows: 3, columns: 10))
                for steps in [1, 2] {
                    let changes = try Layers.changes(Layers.apply(world, to: [layer], steps: steps)[0], layer)
                    let plain = worlds(form, rows: nil)[index]
                    let expected = try Layers.changes(Layers.apply(plain, to: [part], steps: steps)[0], part)
                    // A shift's unit is that of the whole layer.
                    let factor = index == 0 ? 1 : layer.rootMeanSquare / part.rootMeanSquare
                    #expect(expected.contains { abs($0) > 0.01 })
                    for row in 0..<6 {
                        for column in 0..<10 {
                            let change = changes[row * 10 + column]
                            guard let place = chosen.firstIndex(of: row) else {
                                #expect(change == 0)
                                continue
                            }
                            #expect(abs(change - factor * expected[place * 10 + column]) < 1e-5, "\(form)")
                        }
                    }
                }
            }
        }
    }

    @Test("says which rows are not there, and that several layers have no rows in common")
    func faults() throws {
        let layers = try Layers.two()
        func message(_ rows: [Int], _ layers: [EditedLayer], _ form: ActionForm = .full) -> String {
            do {
                _ = try worlds(form, rows: rows)[0].bind(to: layers, random: RandomStream(seed: 1))
                return "no error"
            } catch { return "\(error)" }
        }
        #expect(message([0, 5], [layers[0]]) == "no error")
        #expect(message([0, 6], [layers[0]]) == "MaskWorld: rows names row 6, and layer 'fc1' has the rows 0 to 5")
        #expect(message([-1], [layers[0]]) == "MaskWorld: rows must be at least 0, got [-1]")
        #expect(message([2, 2], [layers[0]]) == "MaskWorld: rows names a row twice")
        #expect(message([], [layers[0]]) == "MaskWorld: rows names no row")
        #expect(message([0], layers) == "MaskWorld: rows are those of one edited layer, and 2 are edited")
        #expect(message([0], [layers[0]], .lowRank(rank: 2)).contains("rank 2"))
    }
}

@Suite("Edits per unit") struct UnitEditTests {
    private func configurations(
        _ form: ActionForm
    ) -> (mask: MaskWorld.Configuration, shift: ShiftWorld.Configuration) {
        var mask = MaskWorld.Configuration()
        mask.form = form
        var shift = ShiftWorld.Configuration()
        shift.form = form
        return (mask, shift)
    }

    @Test("each unit's weights are scaled or shifted by the unit's own number", arguments: [true, false])
    func perUnit(outputs: Bool) throws {
        let layers = try Layers.two()
        let (mask, shift) = configurations(outputs ? .units(.outputs) : .units(.inputs))
        for world in [MaskWorld(mask), ShiftWorld(shift)] as [any EditWorld] {
            let bound = try world.bind(to: layers, random: RandomStream(seed: 42))
            #expect(bound.actionSize == (outputs ? 6 + 4 : 10 + 6))
            let action = Layers.action(bound.actionSize)
            let edits = try Layers.apply(world, to: layers)
            var start = 0
            for (edit, layer) in zip(edits, layers) {
                let changes = try Layers.changes(edit, layer)
                for index in changes.indices {
                    let unit = outputs ? index / layer.columns : index % layer.columns
                    let number = 2 * Double(action[start + unit])
                    let expected =
                        world is MaskWorld ? number * Double(layer.base.scalars[index]) : number * layer.rootMeanSquare
                    #expect(abs(changes[index] - expected) < 1e-6)
                }
                start += outputs ? layer.rows : layer.columns
            }
        }
    }

    @Test("they are edits of rank 1 with a vector of ones, which evaluators measure as such")
    func factors() throws {
        let layers = try Layers.two()
        for form in [ActionForm.units(.outputs), .units(.inputs)] {
            let (mask, shift) = configurations(form)
            guard case .mask(nil, let scaling?) = try Layers.apply(MaskWorld(mask), to: layers)[0],
                case .shift(let adding) = try Layers.apply(ShiftWorld(shift), to: layers)[0]
            else {
                Issue.record("an edit without factors")
                continue
            }
            for factors in [scaling, adding] {
                #expect(factors.rank == 1)
                let ones = form == .units(.outputs) ? factors.right : factors.left
                #expect(ones.scalars.allSatisfy { $0 == 1 })
            }
        }
    }

    @Test("an action of zeros changes nothing: without factors no sign offset is needed")
    func noOffset() throws {
        let layers = try Layers.two()
        for form in [ActionForm.units(.outputs), .units(.inputs)] {
            let bound = try MaskWorld(configurations(form).mask).bind(to: layers, random: RandomStream(seed: 1))
            let edits = try [Float](repeating: 0, count: bound.actionSize).withUnsafeBufferPointer {
                try bound.apply($0, to: layers.map { _ in .unchanged }, progress: 0)
            }
            #expect(try EditMagnitude(of: edits, on: layers).norm == 0)
        }
    }
}
