import Foundation
import RLEditNN

/// A file made of a header and data, as strangers write them.
final class WeightsFile {
    let path: String
    private var header: [String] = []
    private var data: [UInt8] = []

    init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("weights-\(UUID().uuidString)").path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func metadata(_ pairs: [(String, String)]) -> WeightsFile {
        header.append(#""__metadata__":{\#(pairs.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ","))}"#)
        return self
    }

    func bytes(_ name: String, _ dtype: String, _ shape: [Int], _ bytes: [UInt8]) -> WeightsFile {
        header.append(
            #""\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":[\#(data.count),\#(data.count + bytes.count)]}"#
        )
        data += bytes
        return self
    }

    func floats(_ name: String, _ shape: [Int], _ values: [Float]) -> WeightsFile {
        bytes(name, "F32", shape, values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } })
    }

    func doubles(_ name: String, _ shape: [Int], _ values: [Double]) -> WeightsFile {
        bytes(name, "F64", shape, values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } })
    }

    func open() throws -> SafetensorsFile {
        let text = Array("{\(header.joined(separator: ","))}".utf8)
        let all = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text + data
        try Data(all).write(to: URL(fileURLWithPath: path))
        return try SafetensorsFile(path: path)
    }
}
