public import RLEditCore

/// The pixels of a picture as tokens, row by row: `[channels, height, width]` → `[height · width, channels]`. After a
/// convolution whose stride is its kernel they are the patches of a vision transformer (Dosovitskiy et al. 2021).
public struct PixelTokens: DescribedLayer {
    public init() {}

    static let constructor = LayerConstructor(
        "pixel_tokens", baseName: "tokens", PixelTokens(),
        """
        The pixels of a picture as tokens, row by row: `{ channels, height, width }` becomes `{ height * width, channels }`.
        After a convolution whose stride is its kernel they are the patches of a vision transformer.
        """)

    public var kind: String { "PixelTokens" }
    public var settings: [Setting<PixelTokens>] { [] }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        let input = try onlyInput(inputs)
        guard input.count == 3 else {
            throw .layerInput(layer: kind, expected: "[channels, height, width]", actual: input)
        }
        let (pixels, overflow) = input[1].multipliedReportingOverflow(by: input[2])
        guard !overflow else { throw .layerInput(layer: kind, expected: "fewer pixels", actual: input) }
        return [pixels, input[0]]
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        // In memory channels are last already.
        SideBySideKernel(rows: request.rows, widths: [request.outputCount / max(request.rows, 1)])
    }
}
