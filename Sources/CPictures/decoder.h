// What the two formats share.
#ifndef CPICTURES_DECODER_H
#define CPICTURES_DECODER_H

#include "CPictures.h"

/// One format's functions; the meaning of each is that of its counterpart in CPictures.h.
typedef struct {
    void *(*open)(const unsigned char *bytes, size_t count, cpictures_header *header, char *message);
    int (*decode)(void *state, unsigned char *pixels, char *message);
    void (*close)(void *state);
} cpictures_format;

extern const cpictures_format cpictures_jpeg;
extern const cpictures_format cpictures_png;

#endif
