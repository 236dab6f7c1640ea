#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "decoder.h"

// A picture in more scans than this costs time out of all proportion to its size. Sound ones have at most some twenty.
#define MOST_SCANS 100

typedef struct {
    struct jpeg_decompress_struct decompressor;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf fault;
    // Where the message of the call under way goes.
    char *message;
} jpeg_state;

static jpeg_state *state_of(j_common_ptr common) { return common->client_data; }

static void fail(j_common_ptr common) {
    char text[JMSG_LENGTH_MAX];
    jpeg_state *state = state_of(common);
    state->errors.format_message(common, text);
    snprintf(state->message, CPICTURES_MESSAGE, "%s", text);
    longjmp(state->fault, 1);
}

// libjpeg goes on after damage, with grey where the data are lost, and only warns. Such a picture is broken. Other warnings
// are about what many programs write and all read.
static void note(j_common_ptr common, int level) {
    if (level >= 0) return;
    switch (common->err->msg_code) {
    case JWRN_ARITH_BAD_CODE:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
        fail(common);
    default:
        break;
    }
}

static void print_nothing(j_common_ptr common) { (void)common; }

static void count_scans(j_common_ptr common) {
    jpeg_state *state = state_of(common);
    if (state->decompressor.input_scan_number <= MOST_SCANS) return;
    snprintf(state->message, CPICTURES_MESSAGE, "more than %d scans", MOST_SCANS);
    longjmp(state->fault, 1);
}

static void close_jpeg(void *opaque) {
    jpeg_state *state = opaque;
    // Raises nothing.
    jpeg_destroy_decompress(&state->decompressor);
    free(state);
}

// A bit for each block of the component that has most of them: its first coefficient takes one at least. Arithmetic coding,
// which is hardly used, may take less.
static size_t smallest_bytes(const struct jpeg_decompress_struct *decompressor) {
    if (decompressor->arith_code) return 0;
    size_t most = 0;
    for (int index = 0; index < decompressor->num_components; index++) {
        const jpeg_component_info *component = &decompressor->comp_info[index];
        size_t blocks = (size_t)component->width_in_blocks * component->height_in_blocks;
        if (blocks > most) most = blocks;
    }
    return most / 8;
}

static void *open_jpeg(const unsigned char *bytes, size_t count, cpictures_header *header, char *message) {
    jpeg_state *state = calloc(1, sizeof *state);
    if (state == NULL) {
        snprintf(message, CPICTURES_MESSAGE, "out of memory");
        return NULL;
    }
    struct jpeg_decompress_struct *decompressor = &state->decompressor;
    state->message = message;
    decompressor->err = jpeg_std_error(&state->errors);
    decompressor->client_data = state;
    state->errors.error_exit = fail;
    state->errors.emit_message = note;
    state->errors.output_message = print_nothing;
    if (setjmp(state->fault)) {
        close_jpeg(state);
        return NULL;
    }
    // Keeps `err` and `client_data`.
    jpeg_create_decompress(decompressor);
    state->progress.progress_monitor = count_scans;
    decompressor->progress = &state->progress;
    jpeg_mem_src(decompressor, bytes, (unsigned long)count);
    jpeg_read_header(decompressor, TRUE);
    // Four components are CMYK or YCCK, both of which libjpeg gives as CMYK.
    if (decompressor->num_components == 4)
        decompressor->out_color_space = JCS_CMYK;
    else
        decompressor->out_color_space = decompressor->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    header->width = decompressor->image_width;
    header->height = decompressor->image_height;
    header->channels = decompressor->num_components == 1 ? 1 : 3;
    header->smallest_bytes = smallest_bytes(decompressor);
    return state;
}

static unsigned char product(unsigned a, unsigned b) {
    unsigned scaled = a * b + 128;
    return (unsigned char)((scaled + (scaled >> 8)) >> 8);
}

// From inverted CMYK, as Adobe's programs write it and as everything else follows them: an ink of 255 is none.
static void convert_inks(const unsigned char *inks, unsigned char *pixels, size_t width) {
    for (size_t x = 0; x < width; x++) {
        unsigned white = inks[4 * x + 3];
        for (size_t c = 0; c < 3; c++) {
            int value = (int)white - product(255u - inks[4 * x + c], white);
            pixels[3 * x + c] = (unsigned char)(value < 0 ? 0 : value);
        }
    }
}

static int decode_jpeg(void *opaque, unsigned char *pixels, char *message) {
    jpeg_state *state = opaque;
    struct jpeg_decompress_struct *decompressor = &state->decompressor;
    state->message = message;
    if (setjmp(state->fault)) return -1;
    jpeg_start_decompress(decompressor);
    size_t width = decompressor->output_width;
    if (decompressor->out_color_space == JCS_CMYK) {
        // Belongs to the decompressor, which frees it.
        JSAMPARRAY inks = decompressor->mem->alloc_sarray((j_common_ptr)decompressor, JPOOL_IMAGE, (JDIMENSION)(4 * width), 1);
        while (decompressor->output_scanline < decompressor->output_height) {
            unsigned char *row = pixels + decompressor->output_scanline * 3 * width;
            jpeg_read_scanlines(decompressor, inks, 1);
            convert_inks(inks[0], row, width);
        }
    } else {
        while (decompressor->output_scanline < decompressor->output_height) {
            JSAMPROW row = pixels + decompressor->output_scanline * width * (size_t)decompressor->output_components;
            jpeg_read_scanlines(decompressor, &row, 1);
        }
    }
    // Reads on to the end marker, so that a file without one is known to be cut off.
    jpeg_finish_decompress(decompressor);
    return 0;
}

const cpictures_format cpictures_jpeg = {open_jpeg, decode_jpeg, close_jpeg};
