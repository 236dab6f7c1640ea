internal import RLEditTensor

/// How one layer's parameter was changed, small enough for a picture.
public struct EditMap: Sendable, Equatable {
    /// Name of the edited parameter, for example `fc2.weight`.
    public let parameter: String
    /// Size of the parameter as a matrix, `[out, in]` (a convolution: `[out, in·kh·kw]`), with one more column of a bias that
    /// was edited too.
    public let rows: Int
    public let columns: Int
    /// Parameters joined into one cell, down and across.
    public let cellRows: Int
    public let cellColumns: Int
    /// Mean change of each cell's parameters, row-major, `ceil(rows / cellRows)` × `ceil(columns / cellColumns)`.
    public let cells: [Double]
    /// Largest absolute change of a single parameter.
    public let largest: Double
    /// Frobenius norm of the change, and relative to the norm of the unedited parameter.
    public let norm: Double
    public let relativeNorm: Double

    /// Whether the last column is a bias.
    var hasBias: Bool { parameter.contains(" | ") }

    static let mostRows = 160
    static let mostColumns = 256

    /// - Parameters:
    ///   - original: the unedited values, row-major.
    ///   - edited: as many edited ones.
    public init?(parameter: String, rows: Int, columns: Int, original: [Float], edited: [Float]) {
        guard rows > 0, columns > 0, original.count == edited.count,
            original.count == rows.multipliedReportingOverflow(by: columns).partialValue
        else { return nil }
        self.parameter = parameter
        self.rows = rows
        self.columns = columns
        let cellRows = (rows + EditMap.mostRows - 1) / EditMap.mostRows
        let cellColumns = (columns + EditMap.mostColumns - 1) / EditMap.mostColumns
        let down = (rows + cellRows - 1) / cellRows
        let across = (columns + cellColumns - 1) / cellColumns
        var sums = [Double](repeating: 0, count: down * across)
        var counts = [Double](repeating: 0, count: down * across)
        var largest = 0.0
        var squares = 0.0
        var originalSquares = 0.0
        for (index, value) in original.enumerated() {
            let change = Double(edited[index]) - Double(value)
            let cell = index / columns / cellRows * across + index % columns / cellColumns
            sums[cell] += change
            counts[cell] += 1
            largest = max(largest, abs(change))
            squares += change * change
            originalSquares += Double(value) * Double(value)
        }
        self.cellRows = cellRows
        self.cellColumns = cellColumns
        cells = zip(sums, counts).map { $0 / $1 }
        self.largest = largest
        norm = squares.squareRoot()
        relativeNorm = originalSquares > 0 ? (squares / originalSquares).squareRoot() : .nan
    }
}

/// The picture of an edit: orange where parameters grew, blue where they shrank, clear where nothing changed.
///
/// Opacity and not lightness carries the amount, so the same picture serves on a light and on a dark page.
struct HeatMap {
    let map: EditMap

    private static let negative = Bitmap.Colour(0, 114, 178)
    private static let positive = Bitmap.Colour(213, 94, 0)

    func markup() -> Markup {
        let across = (map.columns + map.cellColumns - 1) / map.cellColumns
        let down = (map.rows + map.cellRows - 1) / map.cellRows
        let limit = limit
        var picture = Bitmap(width: across, height: down)
        for row in 0..<down {
            for column in 0..<across {
                let (colour, opacity) = HeatMap.colour(map.cells[row * across + column] / limit)
                picture.set(column, row, colour, opacity: opacity)
            }
        }
        // Cells are square where that gives a picture of readable height.
        let left = 64.0
        let plotWidth = 720.0 - left - 96
        let plotHeight = min(max(plotWidth * Double(down) / Double(across), 90), 420)
        let frame = ChartFrame(
            width: left + plotWidth + 16, height: plotHeight + 60,
            x: ChartScale(from: 0, to: Double(map.columns), target: 8),
            y: ChartScale(from: 0, to: Double(map.rows), target: 4),
            xTitle: map.hasBias ? "other axes, then the bias" : "other axes", yTitle: "first axis")
        return .element(
            "div", ["class": "heat"], [axes(frame, picture), legend(limit: limit, height: plotHeight)])
    }

    /// The amount at which colours saturate: the 99.5 % quantile, so that one outlier does not blank the rest.
    var limit: Double {
        let sorted = map.cells.map(abs).sorted()
        let quantile = sorted[min(sorted.count - 1, Int(Double(sorted.count) * 0.995))]
        return quantile > 0 ? quantile : map.largest > 0 ? map.largest : 1
    }

    private static func colour(_ amount: Double) -> (Bitmap.Colour, Double) {
        (amount < 0 ? negative : positive, min(abs(amount), 1))
    }

    /// Rows go down from output 1, as a matrix is written; hence axes of its own.
    private func axes(_ frame: ChartFrame, _ picture: Bitmap) -> Markup {
        var content: [Markup] = [
            .element("title", Markup("Change of \(map.parameter), \(map.rows) by \(map.columns) numbers")),
            .element(
                "image",
                [
                    "class": "cells", "x": pixel(frame.left), "y": pixel(frame.top), "width": pixel(frame.plotWidth),
                    "height": pixel(frame.plotHeight), "preserveAspectRatio": "none", "href": picture.dataURI,
                ]),
            .element(
                "rect",
                [
                    "class": "frame", "x": pixel(frame.left), "y": pixel(frame.top), "width": pixel(frame.plotWidth),
                    "height": pixel(frame.plotHeight),
                ]),
        ]
        let foot = frame.top + frame.plotHeight
        // Fractions between two parameters mean nothing.
        for tick in frame.x.ticks where tick == tick.rounded() {
            content.append(
                .element(
                    "text",
                    ["class": "tick", "x": pixel(frame.across(tick)), "y": pixel(foot + 16), "text-anchor": "middle"],
                    Markup(NumberText.grouped(Int(tick)))))
        }
        for tick in frame.y.ticks where tick == tick.rounded() {
            content.append(
                .element(
                    "text",
                    [
                        "class": "tick", "x": pixel(frame.left - 8),
                        "y": pixel(frame.top + frame.plotHeight * frame.y.place(tick)), "dy": "0.32em",
                        "text-anchor": "end",
                    ], Markup(NumberText.grouped(Int(tick)))))
        }
        content.append(
            .element(
                "text",
                [
                    "class": "title", "x": pixel(frame.left + frame.plotWidth / 2), "y": pixel(frame.height - 8),
                    "text-anchor": "middle",
                ], Markup(frame.xTitle)))
        content.append(
            .element(
                "text",
                [
                    "class": "title", "text-anchor": "middle",
                    "transform": "translate(14 \(pixel(frame.top + frame.plotHeight / 2))) rotate(-90)",
                ], Markup(frame.yTitle)))
        return .element(
            "svg",
            ["class": "wide", "viewBox": "0 0 \(pixel(frame.width)) \(pixel(frame.height))", "role": "img"], content)
    }

    private func legend(limit: Double, height: Double) -> Markup {
        var ramp = Bitmap(width: 1, height: 101)
        for row in 0...100 {
            let (colour, opacity) = HeatMap.colour(Double(50 - row) / 50)
            ramp.set(0, row, colour, opacity: opacity)
        }
        let top = 12.0
        var content: [Markup] = [
            .element("title", "Colour scale: change of a parameter"),
            .element(
                "image",
                [
                    "x": "4", "y": pixel(top), "width": "14", "height": pixel(height), "preserveAspectRatio": "none",
                    "href": ramp.dataURI,
                ]),
            .element("rect", ["class": "frame", "x": "4", "y": pixel(top), "width": "14", "height": pixel(height)]),
        ]
        for (share, value) in [(0.0, limit), (0.25, limit / 2), (0.5, 0), (0.75, -limit / 2), (1, -limit)] {
            let text = value == 0 ? "0" : (value > 0 ? "+" : "−") + NumberText.significant(abs(value), digits: 2)
            content.append(
                .element(
                    "text", ["class": "tick", "x": "24", "y": pixel(top + height * share), "dy": "0.32em"], Markup(text)
                ))
        }
        return .element(
            "svg", ["class": "scale", "viewBox": "0 0 80 \(pixel(height + 60))", "role": "img"], content)
    }
}
