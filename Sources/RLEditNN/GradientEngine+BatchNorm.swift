internal import RLEditTensor

extension GradientEngine {
    /// As `run` for a network with batch norms: their statistics are those of the whole batch, so all parts of it go through
    /// the network side by side, from one batch norm to the next.
    ///
    /// The batch is cut in as many parts as there are lanes. Sums of a batch norm are taken by part, and added in the order
    /// of the parts: the result has the same bytes for any number of workers.
    func runTogether(
        parameters: ParameterPointers, rows: Int, laneCount: Int, objective: any BatchObjective, weight: Float,
        random: RandomStream,
        examples: @Sendable (Range<Int>) throws -> (inputs: ExampleInputs, targets: Targets)
    ) throws -> ObjectiveTerms {
        let graph = graph
        let made = Slots<BatchPart>(count: laneCount)
        try forEach(laneCount) { lane in
            let range = (lane * rows / laneCount)..<((lane + 1) * rows / laneCount)
            let (inputs, targets) = try examples(range)
            let checked = try GradientEngine.checked(graph, inputs, targets, rows: range.count)
            made[lane] = BatchPart(
                first: range.lowerBound, rows: range.count, input: graph.block(inputs, rows: range.count),
                outputShape: checked.outputShape, targets: checked.targets,
                workspace: try graph.workspaces.take(Workspace.Key(rows: range.count, mode: .training), of: graph))
        }
        let parts = try made.values()
        let values = { (node: Int) in rows * graph.shapes[node].dropFirst().reduce(1, *) }

        // Forward: up to each batch norm, its statistics, and on.
        var start = 0
        for batchNorm in graph.batchNorms + [graph.nodes.count] {
            let segment = start..<batchNorm
            let own = ParameterPointers(
                pointers: batchNorm < graph.nodes.count
                    ? Array(parameters.pointers[graph.nodeParameters[batchNorm]]) : [])
            let sums = Slots<ChannelSums>(count: laneCount)
            try forEach(laneCount) { lane in
                let part = parts[lane]
                try part.workspace.forward(
                    segment, input: BlockInput(part.input.pointer), parameters: parameters.pointers,
                    random: random.split("chunk", lane))
                guard batchNorm < graph.nodes.count, let kernel = part.workspace.batchNorm(batchNorm) else { return }
                sums[lane] = kernel.forwardSums(
                    part.workspace.input(of: batchNorm, from: BlockInput(part.input.pointer)), parameters: own.pointers)
            }
            if let total = GradientEngine.total(of: sums) {
                for part in parts {
                    part.workspace.batchNorm(batchNorm)?.useForward(
                        total, count: values(batchNorm), parameters: own.pointers)
                }
                runningStatistics[batchNorm] = parts[0].workspace.batchNorm(batchNorm)?.running(own.pointers)
            }
            start = batchNorm
        }

        let scale = weight / Float(rows * objective.termsPerRow(graph.shape(of: graph.nodes.count - 1)))
        let results = Slots<ObjectiveTerms>(count: laneCount)
        try forEach(laneCount) { lane in
            let part = parts[lane]
            results[lane] = try namingExamples({ part.first + $0 }) {
                try objective.evaluateRows(
                    UnsafePointer(part.workspace.output), rows: part.rows, shape: part.outputShape, part.targets,
                    scale: scale, gradient: part.workspace.outputGradient)
            }
        }

        // Backward: down to each batch norm, the sums of its gradients, and on.
        var end = graph.nodes.count
        let lanes = lanes
        for batchNorm in graph.batchNorms.reversed() + [-1] {
            let segment = (batchNorm + 1)..<end
            let sums = Slots<ChannelSums>(count: laneCount)
            try forEach(laneCount) { lane in
                let part = parts[lane]
                let gradients = graph.parameters.map { lanes[lane].pointer + $0.flatOffset }
                try part.workspace.backward(
                    segment, input: BlockInput(part.input.pointer), parameters: parameters.pointers,
                    parameterGradients: gradients)
                guard batchNorm >= 0, let kernel = part.workspace.batchNorm(batchNorm) else { return }
                sums[lane] = kernel.backwardSums(
                    part.workspace.input(of: batchNorm, from: BlockInput(part.input.pointer)),
                    part.workspace.gradient(of: batchNorm))
            }
            if let total = GradientEngine.total(of: sums) {
                for part in parts { part.workspace.batchNorm(batchNorm)?.useBackward(total, count: values(batchNorm)) }
            }
            end = batchNorm + 1
        }
        for part in parts { graph.workspaces.give(part.workspace) }
        var total = ObjectiveTerms()
        for terms in try results.values() { total.add(terms) }
        return total
    }

    private static func total(of sums: Slots<ChannelSums>) -> ChannelSums? {
        let parts = sums.present
        return parts.dropFirst().reduce(into: parts.first) { $0?.add($1) }
    }
}

/// One part of a batch on its way through the network.
///
/// Sendable though it holds memory: one thread at a time runs a part, and the owner waits.
private struct BatchPart: @unchecked Sendable {
    /// Its first row in the batch.
    let first: Int
    let rows: Int
    let input: TensorStorage
    let outputShape: [Int]
    let targets: Targets
    let workspace: Workspace
}
