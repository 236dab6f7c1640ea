/// Limited-memory BFGS (Nocedal and Wright, *Numerical Optimization*, 2006, algorithm 7.5) for smooth functions of a few
/// thousand numbers.
struct LBFGS {
    /// Steps at most.
    var iterations: Int
    /// Pairs of steps and gradient changes that are remembered.
    var memory = 10
    /// Ends when no entry of the gradient is larger.
    var tolerance = 1e-7

    /// - Parameter function: the value at a place; it overwrites its second argument with the gradient there.
    func minimize(
        from start: [Double], _ function: (_ place: [Double], _ gradient: inout [Double]) -> Double
    ) -> [Double] {
        var place = start
        var gradient = [Double](repeating: 0, count: start.count)
        var value = function(place, &gradient)
        var pairs: [(step: [Double], change: [Double], curvature: Double)] = []
        for _ in 0..<iterations where gradient.contains(where: { abs($0) > tolerance }) {
            var direction = direction(gradient, pairs)
            var slope = dot(direction, gradient)
            if slope >= 0 {
                // Rounding has spoilt the memory: begin again downhill.
                pairs = []
                direction = gradient.map { -$0 }
                slope = dot(direction, gradient)
            }
            // The first direction is as long as the gradient, which says nothing of scale.
            var share = pairs.isEmpty ? min(1, 1 / gradient.reduce(0.0) { $0 + abs($1) }) : 1
            var (next, nextGradient, nextValue) = (place, gradient, Double.infinity)
            // Armijo's condition (eq. 3.4); the curvature is checked below, before a pair is kept.
            while share > 1e-12 {
                next = zip(place, direction).map { $0 + share * $1 }
                nextValue = function(next, &nextGradient)
                if nextValue <= value + 1e-4 * share * slope { break }
                share /= 2
            }
            guard nextValue < value else { break }
            let step = zip(next, place).map { $0 - $1 }
            let change = zip(nextGradient, gradient).map { $0 - $1 }
            let curvature = dot(step, change)
            if curvature > 1e-14 * dot(change, change) {
                pairs.append((step, change, curvature))
                if pairs.count > memory { pairs.removeFirst() }
            }
            (place, gradient, value) = (next, nextGradient, nextValue)
        }
        return place
    }

    /// The two-loop recursion (algorithm 7.4): −H ∇f.
    private func direction(
        _ gradient: [Double], _ pairs: [(step: [Double], change: [Double], curvature: Double)]
    ) -> [Double] {
        var direction = gradient.map { -$0 }
        var weights: [Double] = []
        for pair in pairs.reversed() {
            let weight = dot(pair.step, direction) / pair.curvature
            weights.append(weight)
            for index in direction.indices { direction[index] -= weight * pair.change[index] }
        }
        if let last = pairs.last {
            let scale = last.curvature / dot(last.change, last.change)
            for index in direction.indices { direction[index] *= scale }
        }
        for (pair, weight) in zip(pairs, weights.reversed()) {
            let correction = weight - dot(pair.change, direction) / pair.curvature
            for index in direction.indices { direction[index] += correction * pair.step[index] }
        }
        return direction
    }

    private func dot(_ left: [Double], _ right: [Double]) -> Double {
        var sum = 0.0
        for index in left.indices { sum += left[index] * right[index] }
        return sum
    }
}
