internal import CCrypto

/// SHA-256 (FIPS 180-4) through the system's libcrypto, as 64 lower-case hexadecimal digits.
///
/// All unsafe code about libcrypto is in this file.
public enum SHA256Digest {
    public static func hex(of bytes: [UInt8]) -> String {
        var hasher = Hasher()
        hasher.update(bytes)
        return hasher.finish()
    }

    /// Digest of the UTF-8 bytes of a string.
    public static func hex(of text: String) -> String { hex(of: Array(text.utf8)) }

    /// Digest of a file's contents, read in pieces.
    /// - Throws: ``DataError/unreadableFile(path:reason:)``.
    public static func hex(ofFile path: String) throws(DataError) -> String {
        let file = try InputFile(path: path)
        var hasher = Hasher()
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try file.read(into: &piece)
            if count == 0 { return hasher.finish() }
            piece.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }

    /// A digest in the making.
    ///
    /// Invariant: `context` is a live EVP context set up for SHA-256 from creation to `finish` or destruction; it has
    /// one owner, since the type cannot be copied.
    public struct Hasher: ~Copyable {
        private let context: OpaquePointer

        public init() {
            // SHA-256 is part of every libcrypto; these calls fail only when memory has ended.
            guard let context = EVP_MD_CTX_new() else { preconditionFailure("libcrypto gave no digest context") }
            self.context = context
            precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto has no SHA-256")
        }

        deinit { EVP_MD_CTX_free(context) }

        public mutating func update(_ bytes: UnsafeRawBufferPointer) {
            guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
            precondition(EVP_DigestUpdate(context, base, bytes.count) == 1, "libcrypto refused to digest")
        }

        public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

        /// The UTF-8 bytes of a string.
        public mutating func update(_ text: String) { update(Array(text.utf8)) }

        /// A whole number as eight little-endian bytes.
        public mutating func update(_ number: Int) {
            withUnsafeBytes(of: Int64(number).littleEndian) { update($0) }
        }

        public consuming func finish() -> String {
            var digest = [UInt8](repeating: 0, count: 32)
            precondition(EVP_DigestFinal_ex(context, &digest, nil) == 1, "libcrypto refused to finish a digest")
            let digits = Array("0123456789abcdef".utf8)
            return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
        }
    }
}
