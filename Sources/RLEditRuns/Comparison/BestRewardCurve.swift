internal import Foundation

/// The best reward so far over several seeds.
struct BestRewardCurve {
    struct Point {
        let evaluation: Double
        let lower: Double
        let median: Double
        let upper: Double
    }

    let points: [Point]

    /// At so many places, equal ratios apart.
    private static let places = 120

    /// - Parameter cells: of one method; a place before a seed's first evaluation is left out.
    init(_ cells: [ComparisonCell]) {
        let curves = cells.map(\.improvements).filter { !$0.isEmpty }
        let last = cells.map(\.result.evaluations).max() ?? 0
        var evaluations: [Int] = []
        for place in 0..<BestRewardCurve.places where last > 0 {
            let share = Double(place) / Double(BestRewardCurve.places - 1)
            let evaluation = Int(pow(Double(last), share).rounded())
            if evaluation > (evaluations.last ?? 0) { evaluations.append(min(evaluation, last)) }
        }
        points = evaluations.compactMap { evaluation in
            let best = curves.compactMap { curve in curve.last { $0.evaluation <= evaluation }?.reward }.sorted()
            guard best.count == curves.count, !best.isEmpty else { return nil }
            return Point(
                evaluation: Double(evaluation), lower: Quantile.of(sorted: best, 0.25),
                median: Quantile.of(sorted: best, 0.5), upper: Quantile.of(sorted: best, 0.75))
        }
    }
}
