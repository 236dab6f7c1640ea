#include "decoder.h"

#include <stdio.h>
#include <stdlib.h>

struct cpictures_decoder {
    const cpictures_format *format;
    void *state;
};

cpictures_decoder *cpictures_open(int kind, const unsigned char *bytes, size_t count, cpictures_header *header,
                                  char message[CPICTURES_MESSAGE]) {
    cpictures_decoder *decoder = malloc(sizeof *decoder);
    if (decoder == NULL) {
        snprintf(message, CPICTURES_MESSAGE, "out of memory");
        return NULL;
    }
    decoder->format = kind == CPICTURES_PNG ? &cpictures_png : &cpictures_jpeg;
    decoder->state = decoder->format->open(bytes, count, header, message);
    if (decoder->state == NULL) {
        free(decoder);
        return NULL;
    }
    return decoder;
}

int cpictures_decode(cpictures_decoder *decoder, unsigned char *pixels, char message[CPICTURES_MESSAGE]) {
    return decoder->format->decode(decoder->state, pixels, message);
}

void cpictures_close(cpictures_decoder *decoder) {
    if (decoder == NULL) return;
    decoder->format->close(decoder->state);
    free(decoder);
}
