import Foundation
import RLEditData
import RLEditTensor
import RLEditTestSupport
import Testing

/// The files were written by NumPy (`scripts/golden/corpus.py`); the numbers are there too.
@Suite("NumPy files")
struct NumPyFileTests {
    private func read(_ name: String) throws -> Tensor {
        let file = try NumPyFile(array: Corpus.path(.npy, name))
        #expect(file.entries.count == 1 && file.entries[0].name == nil)
        return try file.tensor(file.entries[0])
    }

    private static let grid: [Float] = [0, 1, 2, 3, 4, 5]
    private static let types: [(String, [Float])] = [
        ("f4", grid.map { $0 * 0.5 }), ("f8", (0..<6).map { Float(Double($0) / 3) }), ("f2", grid.map { $0 * -0.25 }),
        ("i8", grid.map { $0 - 3 }), ("i4", grid.map { $0 * 1000 }), ("u1", grid.map { $0 * 51 }),
        ("b1", [0, 1, 0, 1, 0, 1]), ("version2", grid), ("version3", grid),
    ]

    @Test("each type and each version of the format is read", arguments: types)
    func elementTypes(name: String, expected: [Float]) throws {
        let tensor = try read("\(name).npy")
        #expect(tensor.shape == [2, 3])
        #expect(tensor.scalars.map(\.bitPattern) == expected.map(\.bitPattern))
    }

    @Test("arrays of Fortran order are transposed to row-major order")
    func fortranOrder() throws {
        let tensor = try read("fortran.npy")
        #expect(tensor.shape == [2, 3, 4])
        #expect(tensor.scalars == (0..<24).map(Float.init))
    }

    @Test("scalars, empty arrays, vectors and special numbers keep shape and value")
    func shapes() throws {
        #expect(try read("scalar.npy").shape == [])
        #expect(try read("scalar.npy").scalars == [2.5])
        #expect(try read("empty.npy").shape == [0, 3])
        #expect(try read("vector.npy").scalars == [0, 1, 2, 3, 4])
        let special = try read("special.npy").scalars
        #expect(special[0] == .infinity && special[1] == -.infinity && special[2].isNaN)
        #expect(special[3].bitPattern == Float(-0.0).bitPattern && special[4] == Float(0x1p-24))
    }

    @Test("archives, stored and deflated, give their arrays by name and in order", arguments: ["stored", "deflated"])
    func archives(name: String) throws {
        let file = try NumPyFile(archive: Corpus.path(.npz, "\(name).npz"))
        #expect(file.entries.map(\.name) == ["weight", "labels", "a/b"])
        #expect(file.entries.map(\.shape) == [[2, 3], [3], [2, 3]])
        #expect(file.count == 15)
        #expect(try file.tensor(file.entries[0]).scalars == NumPyFileTests.grid.map { $0 * 0.5 })
        #expect(try file.tensor(file.entries[1]).scalars == [3, 1, 2])
        #expect(try file.tensor(file.entries[2]).scalars == NumPyFileTests.grid)
        #expect(try NumPyFile(archive: Corpus.path(.npz, "none.npz")).entries.isEmpty)
    }

    @Test("arrays larger than one piece of the reader come whole, in both orders")
    func large() throws {
        let folder = try TemporaryFolder()
        let (rows, columns) = (300, 401)
        let data = (0..<rows * columns).flatMap { index in
            withUnsafeBytes(of: Float(index).bitPattern.littleEndian) { Array($0) }
        }
        for isFortran in [false, true] {
            let path = try folder.write(
                "x.npy", npy("<f4", isFortran: isFortran, shape: isFortran ? "(401, 300)" : "(300, 401)", data))
            let file = try NumPyFile(array: path)
            let scalars = try file.tensor(file.entries[0]).scalars
            let expected =
                isFortran
                ? (0..<columns).flatMap { column in (0..<rows).map { Float($0 * columns + column) } }
                : (0..<rows * columns).map(Float.init)
            #expect(scalars == expected)
        }
    }

    private func npy(_ type: String, isFortran: Bool = false, shape: String, _ data: [UInt8]) -> [UInt8] {
        npy("{'descr': '\(type)', 'fortran_order': \(isFortran ? "True" : "False"), 'shape': \(shape), }", data)
    }

    private func npy(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
        let text = Array(header.utf8)
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count & 255), UInt8(text.count >> 8)] + text + data
    }

    private func message(_ bytes: [UInt8], archive: Bool = false) throws -> String {
        let folder = try TemporaryFolder()
        let path = try folder.write("x", bytes)
        do {
            let file = try archive ? NumPyFile(archive: path) : NumPyFile(array: path)
            for entry in file.entries { _ = try file.tensor(entry) }
            return "(read)"
        } catch {
            return "\(error)".replacingOccurrences(of: path, with: "x")
        }
    }

    @Test("what NumPy writes and cannot be used is refused, with what to do about it")
    func refused() throws {
        for (name, fault) in [
            ("object", "its elements are Python objects, which would run code when read; save numbers instead"),
            ("structured", "its elements have named fields; save each field as an array of its own"),
            (
                "big-endian",
                "its elements are of type '>f4'; read are '<f4', '<f8', '<f2', '<i8', '<i4', '|u1', '|b1' (convert it with astype)"
            ),
            ("exact", "element 2 is 16777217: a 32-bit float cannot hold it exactly (astype('float32') rounds it)"),
        ] {
            #expect(
                try message(Corpus.bytes(.npy, "\(name).npy")) == "'x' is not a NumPy array that can be read: \(fault)")
        }
    }

    @Test("each fault of a file is named")
    func faults() throws {
        let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}"
        let cases: [([UInt8], String)] = [
            (Array("hello".utf8), "it does not begin with \\x93NUMPY"),
            (Array(npy(good).prefix(7)), "it ends inside its header, after 7 bytes"),
            (Array(npy(good).prefix(20)), "it ends inside its header, after 20 bytes"),
            ([0x93] + Array("NUMPY".utf8) + [4, 0], "its format is version 4.0; 1.0, 2.0 and 3.0 are read"),
            (
                [0x93] + Array("NUMPY".utf8) + [2, 0, 1, 0, 1, 0],
                "its header has 65537 bytes, over the limit of 65536"
            ),
            (npy("[1]"), "byte 1 of its header: '{' expected"),
            (npy("{'descr': __import__('os')}"), "byte 11 of its header: a string, True, False or a tuple expected"),
            (npy("{'descr': '<f4"), "byte 11 of its header: a closing quote expected"),
            (npy(good + "x"), "byte 56 of its header: the end expected"),
            (
                npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"),
                "byte 52 of its header: a whole number that is not negative expected"
            ),
            (
                npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}"),
                "byte 52 of its header: a whole number that is not negative expected"
            ),
            (
                npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3)}"), "byte 53 of its header: a comma expected"
            ),
            (
                npy("{'descr': '<f4', 'fortran_order': 1, 'shape': (3,)}"),
                "byte 35 of its header: a string, True, False or a tuple expected"
            ),
            (
                npy("{'descr': '<f4', 'fortran_order': '1', 'shape': (3,)}"),
                "byte 35 of its header: True or False expected"
            ),
            (
                npy("{'descr': '<f4', 'shape': (3,)}"),
                "its header has the keys 'descr', 'shape', expected 'descr', 'fortran_order' and 'shape', once each"
            ),
            (
                npy("<f4", shape: "(4294967296, 4294967296)", []),
                "shape [4294967296, 4294967296] is unusable: its elements must fit into 1024 MiB"
            ),
            (
                npy("|u1", shape: "(268435457,)", []),
                "shape [268435457] is unusable: its elements must fit into 1024 MiB"
            ),
            (npy("<f4", shape: "(2,)", [0, 0, 0]), "shape [2] needs 8 bytes of data, the file holds 3"),
            (npy("|u1", shape: "(2,)", [0, 0, 0]), "more than the 2 bytes of data that its shape [2] needs"),
            (npy("|b1", shape: "(2,)", [1, 2]), "element 2 is 2: a boolean is 0 or 1"),
            (
                npy("<f8", shape: "(1,)", [0, 0, 0, 0, 0, 0, 0xF0, 0x7E]),
                "element 1 is 2.7430620343968443e+303: a 32-bit float holds at most 3.4028235e+38"
            ),
        ]
        for (bytes, fault) in cases {
            let text = try message(bytes)
            #expect(text == "'x' is not a NumPy array that can be read: \(fault)")
        }
    }

    @Test("each fault of an archive is named")
    func archiveFaults() throws {
        let stored = try Corpus.bytes(.npz, "stored.npz")
        func changed(_ bytes: [UInt8], _ place: Int, to value: UInt8) -> [UInt8] {
            var bytes = bytes
            bytes[place] = value
            return bytes
        }
        let directory = try #require(stored.firstRange(of: [0x50, 0x4B, 1, 2])?.lowerBound)
        let element = try #require(stored.firstRange(of: [0, 0, 0x80, 0x3F])?.lowerBound)
        let cases: [([UInt8], String)] = [
            (Array(stored.dropLast()), "it does not end in the directory of a ZIP archive"),
            (try Corpus.bytes(.npy, "f4.npy"), "it does not end in the directory of a ZIP archive"),
            (changed(stored, directory, to: 0), "its directory is damaged"),
            (changed(stored, directory + 8, to: 1), "member 'weight.npy' is encrypted"),
            (
                changed(stored, directory + 10, to: 12),
                "member 'weight.npy' is compressed by method 12; stored (0) and deflated (8) ones are read"
            ),
            (changed(stored, directory + 27, to: 0x7F), "member 'weight.npy' takes the contents over 1024 MiB"),
            (changed(stored, directory + 42, to: 1), "member 'weight.npy' does not lie where the directory says"),
            (
                changed(stored, directory + 20, to: stored[directory + 20] + 1),
                "member 'weight.npy' does not have the 152 bytes that the directory says"
            ),
            (changed(stored, element, to: 1), "member 'weight.npy' is corrupt (its checksum differs)"),
        ]
        for (bytes, fault) in cases {
            let text = try message(bytes, archive: true)
            #expect(text == "'x' is not a sound .npz file: \(fault)")
        }
    }

    @Test("an array of a type that no tensor has is refused when it is asked for, with its name and type, and no other")
    func unneededTypes() throws {
        func changed(_ bytes: [UInt8], _ from: String, to: String) throws -> [UInt8] {
            var bytes = bytes
            let place = try #require(bytes.firstRange(of: Array(from.utf8)))
            bytes.replaceSubrange(place, with: Array(to.utf8))
            return bytes
        }
        let folder = try TemporaryFolder()
        let stored = try Corpus.bytes(.npz, "stored.npz")
        // The directory is sound, what lies in the member is of another type.
        for (type, words) in [
            (">f4", "its elements are of type '>f4'; read are"), ("<U5", "its elements are texts, of type '<U5'"),
            ("|S5", "its elements are texts, of type '|S5'"), ("<c8", "its elements are of type '<c8'; read are"),
            ("|O8", "its elements are Python objects"), ("<m8", "its elements are of type '<m8'; read are"),
        ] {
            let path = try folder.write("x.npz", changed(stored, "<f4", to: type))
            let file = try NumPyFile(archive: path)
            #expect(file.entries.map(\.name) == ["weight", "labels", "a/b"])
            #expect(file.entries.map { $0.fault == nil } == [false, true, true])
            #expect(try file.tensor(file.entries[1]).count == 3)
            let fault = #expect(throws: DataError.self) { try file.tensor(file.entries[0]) }
            #expect(
                fault?.description.hasPrefix(
                    "array 'weight' of '\(path)' is not a NumPy array that can be read: \(words)") == true)
        }
        // Once before the member and once in the directory.
        let renamed = try changed(changed(stored, "weight.npy", to: "weight.txt"), "weight.npy", to: "weight.txt")
        let path = try folder.write("y.npz", renamed)
        let file = try NumPyFile(archive: path)
        #expect(file.entries.map(\.name) == ["weight.txt", "labels", "a/b"])
        #expect(throws: DataError.invalidZip(path: path, member: "weight.txt", fault: .notAnArray)) {
            try file.tensor(file.entries[0])
        }
    }
}
