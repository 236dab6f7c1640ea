import Foundation
import Testing

/// `docs/your-own-network.md`: its script and its commands, taken from the page, on a folder of pictures and a file of
/// weights made for it.
@Suite("The page about a network of one's own", .serialized)
struct OwnNetworkTests {
    private struct Page {
        /// Contents of its fenced blocks, by language, in order.
        private(set) var blocks: [String: [String]] = [:]

        init() throws {
            let path = URL(fileURLWithPath: ExampleRun.examples).deletingLastPathComponent()
                .appendingPathComponent("docs/your-own-network.md")
            var language: String?
            var lines: [Substring] = []
            for line in try String(contentsOf: path, encoding: .utf8).split(
                separator: "\n", omittingEmptySubsequences: false)
            {
                guard line.hasPrefix("```") else {
                    if language != nil { lines.append(line) }
                    continue
                }
                if let open = language {
                    blocks[open, default: []].append(lines.joined(separator: "\n"))
                    (language, lines) = (nil, [])
                } else {
                    language = String(line.dropFirst(3))
                }
            }
        }
    }

    @Test("its script and commands lead from a folder of pictures to an edited network under PyTorch's names")
    func page() throws {
        let page = try Page()
        let script = try #require(page.blocks["lua"]?.first)
        let workspace = try Workspace([
            "forget.lua": script,
            "make.lua": """
            require("rledit").models.resnet({ depth = 18, classes = 3, input = { 3, 64, 64 }, seed = 1 }):save "net.safetensors"
            """,
            "look.lua": """
            local nn = require "rledit.nn"
            local before, after = nn.read_safetensors "my_network.safetensors", nn.read_safetensors "forgotten/edited.safetensors"
            local changed, count = {}, 0
            for name, tensor in pairs(before) do
              count = count + 1
              if not tensor:equal(after[name]) then changed[#changed + 1] = name end
            end
            for name in pairs(after) do assert(before[name], name) end
            print(count, table.concat(changed, " "))
            """,
        ])
        for (index, name) in ["cats", "dogs", "horses"].enumerated() {
            for picture in 0..<6 {
                let size = (width: 66 + 5 * picture, height: 80 - 3 * picture)
                try workspace.write(
                    PNG.picture(size) { x, y in
                        [UInt8((x * (index + 1) * 7) & 255), UInt8((y * (picture + 2) * 5) & 255), UInt8(80 * index)]
                    }, to: "my_photos/\(name)/\(picture).png")
            }
        }
        #expect(try workspace.run("make.lua", "--out", "made", "--quiet").code == 0)
        try workspace.write(try #require(workspace.bytes("made/net.safetensors")), to: "my_network.safetensors")
        let commands = try #require(page.blocks["sh"]?.first).split(separator: "\n")
        #expect(commands.count == 2)
        for command in commands {
            var words = command.split(separator: " ").map(String.init)
            #expect(words.removeFirst() == "rledit-lua")
            let ended = try workspace.start(words + ["--set", "steps=64"]).wait()
            #expect(ended.code == 0, "\(command): \(ended.errors)")
            if words[0] == "forget.lua" { #expect(ended.output.hasPrefix("18 pictures of 3 classes, ")) }
        }
        #expect(workspace.exists("forgotten/report.html") && workspace.exists("forgotten/delta.safetensors"))
        let looked = try workspace.run("look.lua", "--data", ".", "--quiet")
        #expect(looked.output == "102\tlayer4.1.conv2.weight\n", "\(looked.output)\(looked.errors)")
    }
}

/// PNG files without compression.
private enum PNG {
    static func picture(_ size: (width: Int, height: Int), _ pixel: (Int, Int) -> [UInt8]) -> [UInt8] {
        var rows: [UInt8] = []
        for y in 0..<size.height {
            rows.append(0)
            for x in 0..<size.width { rows += pixel(x, y) }
        }
        var stream: [UInt8] = [0x78, 0x01]
        var place = 0
        while place < rows.count {
            let count = min(rows.count - place, 65_535)
            stream.append(place + count == rows.count ? 1 : 0)
            for word in [count, ~count] { stream += [UInt8(word & 255), UInt8((word >> 8) & 255)] }
            stream += rows[place..<place + count]
            place += count
        }
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in rows {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        stream += bigEndian(b << 16 | a)
        let header = bigEndian(UInt32(size.width)) + bigEndian(UInt32(size.height)) + [8, 2, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header) + chunk("IDAT", stream)
            + chunk("IEND", [])
    }

    private static func chunk(_ name: String, _ contents: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + contents
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in body {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return bigEndian(UInt32(contents.count)) + body + bigEndian(~crc)
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }
}
