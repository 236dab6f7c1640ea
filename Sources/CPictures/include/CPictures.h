// Pixels of JPEG and PNG files in memory, decoded with libjpeg and libpng. C, since both report an error by a jump
// (setjmp, longjmp), which must not cross a Swift frame: each jump lands in the function of this file that was called.
//
// A decoder belongs to one thread at a time. It keeps the pointer to the bytes, which must stay until it is closed.
#ifndef CPICTURES_H
#define CPICTURES_H

#include <stddef.h>

typedef struct cpictures_decoder cpictures_decoder;

enum {
    CPICTURES_JPEG = 0,
    CPICTURES_PNG = 1,
};

/// What the header of a file says. No memory for pixels has been taken.
typedef struct {
    size_t width;
    size_t height;
    /// Of the decoded pixels: 1 grey, 3 red, green, blue.
    int channels;
    /// No sound file of this size is shorter: a bit for each block of a JPEG, and what deflate can expand for a PNG.
    size_t smallest_bytes;
} cpictures_header;

/// Room for a message, its end included.
enum { CPICTURES_MESSAGE = 256 };

/// Reads the header of the file.
/// - kind: `CPICTURES_JPEG` or `CPICTURES_PNG`.
/// - message: gets a text when the result is NULL.
cpictures_decoder *cpictures_open(int kind, const unsigned char *bytes, size_t count, cpictures_header *header,
                                  char message[CPICTURES_MESSAGE]);

/// Decodes the file, once: rows from top to bottom, channels of a pixel side by side, 8 bits each.
/// - pixels: room for width x height x channels bytes.
/// - Returns: 0, or -1 with a message; then pixels may be written in part.
int cpictures_decode(cpictures_decoder *decoder, unsigned char *pixels, char message[CPICTURES_MESSAGE]);

/// NULL is allowed.
void cpictures_close(cpictures_decoder *decoder);

#endif
