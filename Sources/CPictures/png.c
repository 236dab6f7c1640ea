#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "decoder.h"

// Deflate expands by no larger factor.
#define LARGEST_EXPANSION 1032

typedef struct {
    png_structp reader;
    png_infop info;
    jmp_buf fault;
    const unsigned char *next;
    size_t left;
    // Where the message of the call under way goes.
    char *message;
} png_state;

static void fail(png_structp reader, png_const_charp text) {
    png_state *state = png_get_error_ptr(reader);
    snprintf(state->message, CPICTURES_MESSAGE, "%s", text);
    longjmp(state->fault, 1);
}

static void warn_nobody(png_structp reader, png_const_charp text) {
    (void)reader;
    (void)text;
}

static void read_bytes(png_structp reader, png_bytep target, size_t count) {
    png_state *state = png_get_io_ptr(reader);
    if (count > state->left) png_error(reader, "the file ends too early");
    memcpy(target, state->next, count);
    state->next += count;
    state->left -= count;
}

static void close_png(void *opaque) {
    png_state *state = opaque;
    png_destroy_read_struct(&state->reader, &state->info, NULL);
    free(state);
}

static void *open_png(const unsigned char *bytes, size_t count, cpictures_header *header, char *message) {
    png_state *state = calloc(1, sizeof *state);
    if (state == NULL) {
        snprintf(message, CPICTURES_MESSAGE, "out of memory");
        return NULL;
    }
    state->message = message;
    state->next = bytes;
    state->left = count;
    if (setjmp(state->fault)) {
        close_png(state);
        return NULL;
    }
    state->reader = png_create_read_struct(PNG_LIBPNG_VER_STRING, state, fail, warn_nobody);
    if (state->reader != NULL) state->info = png_create_info_struct(state->reader);
    if (state->info == NULL) {
        snprintf(message, CPICTURES_MESSAGE, "libpng could not be started");
        close_png(state);
        return NULL;
    }
    png_structp reader = state->reader;
    png_infop info = state->info;
    png_set_read_fn(reader, state, read_bytes);
    // Chunks that say nothing of the pixels are passed over, whatever is in them.
    png_set_keep_unknown_chunks(reader, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(reader, info);
    header->width = png_get_image_width(reader, info);
    header->height = png_get_image_height(reader, info);
    header->smallest_bytes = png_get_rowbytes(reader, info) * header->height / LARGEST_EXPANSION;

    // 8 bits, no palette, no alpha.
    png_byte type = png_get_color_type(reader, info);
    header->channels = type & PNG_COLOR_MASK_COLOR ? 3 : 1;
    png_set_scale_16(reader);
    if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(reader);
    if (type == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(reader);
    png_set_strip_alpha(reader);
    return state;
}

static int decode_png(void *opaque, unsigned char *pixels, char *message) {
    png_state *state = opaque;
    png_structp reader = state->reader;
    state->message = message;
    if (setjmp(state->fault)) return -1;
    int passes = png_set_interlace_handling(reader);
    png_read_update_info(reader, state->info);
    size_t width = png_get_image_width(reader, state->info);
    size_t height = png_get_image_height(reader, state->info);
    size_t row_bytes = png_get_rowbytes(reader, state->info);
    // What the caller made room for.
    if (row_bytes != width * (png_get_color_type(reader, state->info) & PNG_COLOR_MASK_COLOR ? 3 : 1))
        png_error(reader, "rows of an unforeseen size");
    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < height; y++) png_read_row(reader, pixels + y * row_bytes, NULL);
    // Reads on to the end, so that a file without one is known to be cut off.
    png_read_end(reader, NULL);
    return 0;
}

const cpictures_format cpictures_png = {open_png, decode_png, close_png};
