/// The picture of an edit: orange where parameters grew, blue where they shrank, clear where nothing changed.
///
/// Opacity and not lightness carries the amount, so the same picture serves on a light and on a dark page.
struct HeatMap {
    let map: EditMap

    private static let negative = Bitmap.Colour(0, 114, 178)
    private static let positive = Bitmap.Colour(213, 94, 0)

    /// The amount at which colours saturate: the 99.5 % quantile, so that one outlier does not blank the rest.
    var limit: Double {
        let sorted = map.cells.map(abs).sorted()
        let quantile = sorted[min(sorted.count - 1, Int(Double(sorted.count) * 0.995))]
        return quantile > 0 ? quantile : map.largest > 0 ? map.largest : 1
    }

    private static func paint(_ picture: inout Bitmap, _ column: Int, _ row: Int, _ amount: Double) {
        picture.set(column, row, amount < 0 ? negative : positive, opacity: min(abs(amount), 1))
    }

    var markup: Markup {
        let across = (map.columns + map.cellColumns - 1) / map.cellColumns
        let down = (map.rows + map.cellRows - 1) / map.cellRows
        let limit = limit
        var picture = Bitmap(width: across, height: down)
        for (index, cell) in map.cells.enumerated() {
            HeatMap.paint(&picture, index % across, index / across, cell / limit)
        }
        // Cells are square where that gives a picture of readable height.
        let height = min(max(560 * Double(down) / Double(across), 90), 420)
        let frame = ChartFrame(
            width: 640, height: height + 60, x: .linear(0, Double(map.columns), target: 8),
            y: .linear(0, Double(map.rows), target: 4),
            titles: (map.hasBias ? "other axes, then the bias" : "other axes", "first axis"), about: "")
        let plot = frame.plot
        let marks: [Markup] =
            [.image(picture, plot, style: "cells"), .rect("frame", plot)]
            + whole(frame.x).map {
                .text("tick", NumberText.grouped(Int($0)), frame.across($0), frame.foot + 16, "middle")
            }
            // Rows go down from the first output, as a matrix is written.
            + whole(frame.y).map {
                let place = plot.top + plot.height * frame.y.place($0)
                return .text("tick", NumberText.grouped(Int($0)), plot.left - 8, place, "end", isLevel: true)
            }
        let about = "Change of \(map.parameter), \(map.rows) by \(map.columns) numbers"
        return .tag(
            "div.heat", .drawing(frame.width, frame.height, about: about, style: "wide", marks + frame.axisTitles),
            legend(limit: limit, height: height))
    }

    /// Fractions between two parameters mean nothing.
    private func whole(_ scale: ChartScale) -> [Double] { scale.ticks.map(\.value).filter { $0 == $0.rounded() } }

    private func legend(limit: Double, height: Double) -> Markup {
        var ramp = Bitmap(width: 1, height: 101)
        for row in 0...100 { HeatMap.paint(&ramp, 0, row, Double(50 - row) / 50) }
        let box = Box(left: 4, top: 12, width: 14, height: height)
        let labels = [1, 0.5, 0, -0.5, -1].map { share -> Markup in
            let amount = NumberText.significant(abs(share * limit), digits: 2)
            return .text(
                "tick", share == 0 ? "0" : (share > 0 ? "+" : "−") + amount, 24, 12 + height * (1 - share) / 2,
                isLevel: true)
        }
        return .drawing(
            80, height + 60, about: "Colour scale: change of a parameter", style: "scale",
            [.image(ramp, box), .rect("frame", box)] + labels)
    }
}
