internal import Foundation

/// The best reward so far over several seeds.
enum BestRewardCurve {
    /// At so many places, equal ratios apart.
    private static let places = 120

    /// The median with the quartiles.
    /// - Parameter cells: of one method; a place before a seed's first evaluation is left out.
    static func points(of cells: [ComparisonCell]) -> [ChartPoint] {
        let curves = cells.map(\.improvements).filter { !$0.isEmpty }
        let last = cells.map(\.result.evaluations).max() ?? 0
        let evaluations = (0..<places).map { place in
            min(Int(pow(Double(last), Double(place) / Double(places - 1)).rounded()), last)
        }
        return evaluations.unique.filter { $0 > 0 }.compactMap { evaluation in
            let best = curves.compactMap { curve in curve.last { $0.evaluation <= evaluation }?.reward }.sorted()
            guard best.count == curves.count, !best.isEmpty else { return nil }
            let quartiles = (Quantile.of(sorted: best, 0.25), Quantile.of(sorted: best, 0.75))
            return ChartPoint(x: Double(evaluation), y: Quantile.of(sorted: best, 0.5), spread: quartiles)
        }
    }
}
