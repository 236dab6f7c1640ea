import RLEditData
import Testing

@Suite("SHA-256")
struct SHA256DigestTests {
    @Test("gives the digests of FIPS 180-4's examples")
    func knownAnswers() {
        #expect(
            SHA256Digest.hex(of: "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            SHA256Digest.hex(of: [UInt8]()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            SHA256Digest.hex(of: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            SHA256Digest.hex(of: [UInt8](repeating: 0x61, count: 1_000_000))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test("a file and pieces give the digest of the whole")
    func pieces() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let path = try folder.write("file", bytes)
        #expect(try SHA256Digest.hex(ofFile: path) == SHA256Digest.hex(of: bytes))
        var hasher = SHA256Digest.Hasher()
        hasher.update(Array(bytes[..<77]))
        hasher.update([])
        hasher.update(Array(bytes[77...]))
        #expect(hasher.finish() == SHA256Digest.hex(of: bytes))
    }

    @Test("a missing file and a folder are errors that name them")
    func unreadable() throws {
        #expect(throws: DataError.unreadableFile(path: "/nowhere/x", reason: "No such file or directory")) {
            try SHA256Digest.hex(ofFile: "/nowhere/x")
        }
        let folder = try TemporaryFolder()
        #expect(throws: DataError.unreadableFile(path: folder.path, reason: "it is not a regular file")) {
            try SHA256Digest.hex(ofFile: folder.path)
        }
    }
}
