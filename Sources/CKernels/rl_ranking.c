#include "rl_ranking.h"

#include "rl_blas.h"
#include "rl_vector_math.h"

#include <stddef.h>

RL_CLONES
void rl_margins(int64_t n, const float *logits, int64_t stride, float *margins) {
    const float *positive = logits + stride;
    for (int64_t i = 0; i < n; i++) margins[i] = positive[i] - logits[i];
}

RL_CLONES
int64_t rl_count_not_finite(int64_t n, const float *margins) {
    int64_t count = 0;
    // The exponent bits of infinities and of what is not a number are all set.
    for (int64_t i = 0; i < n; i++) count += (rl_bits_of(margins[i]) & 0x7F800000) == 0x7F800000;
    return count;
}

void rl_count_above(int64_t lists, const int64_t *offsets, const int32_t *members, const float *margins, float threshold,
                    int64_t *above) {
    for (int64_t list = 0; list < lists; list++) {
        // Four sums, so that no addition waits for the one before.
        int64_t a = 0, b = 0, c = 0, d = 0;
        int64_t i = offsets[list], end = offsets[list + 1];
        for (; i + 4 <= end; i += 4) {
            a += margins[members[i]] > threshold;
            b += margins[members[i + 1]] > threshold;
            c += margins[members[i + 2]] > threshold;
            d += margins[members[i + 3]] > threshold;
        }
        for (; i < end; i++) a += margins[members[i]] > threshold;
        above[list] = a + b + c + d;
    }
}

// Bits of a float in the order of the numbers: the sign bit of positive ones is set, all bits of negative ones turned.
static inline uint32_t ordered_bits(float x) {
    int32_t bits = rl_bits_of(x + 0.0f);
    return (uint32_t)bits ^ ((uint32_t)(bits >> 31) | 0x80000000u);
}

static inline float from_ordered_bits(uint32_t key) {
    return rl_float_from_bits((int32_t)(key ^ ((key & 0x80000000u) ? 0x80000000u : 0xFFFFFFFFu)));
}

enum { DIGIT_BITS = 11, DIGITS = 3, DIGIT_VALUES = 1 << DIGIT_BITS };

static inline uint32_t digit(uint64_t element, int pass) {
    return (uint32_t)(element >> (32 + pass * DIGIT_BITS)) & (DIGIT_VALUES - 1);
}

// Radix sort from the lowest digit up, stable in each pass.
uint64_t *rl_rank(int64_t n, const int32_t *order, const uint32_t *tags, const float *margins, uint64_t *first,
                  uint64_t *second) {
    uint32_t counts[DIGITS][DIGIT_VALUES] = {{0}};
    for (int64_t p = 0; p < n; p++) {
        uint64_t element = (uint64_t)ordered_bits(margins[order[p]]) << 32 | tags[p];
        first[p] = element;
        for (int pass = 0; pass < DIGITS; pass++) counts[pass][digit(element, pass)]++;
    }
    uint64_t *from = first, *to = second;
    for (int pass = 0; pass < DIGITS && n > 0; pass++) {
        uint32_t *starts = counts[pass];
        // A digit that all elements share orders nothing.
        if (starts[digit(from[0], pass)] == (uint32_t)n) continue;
        uint32_t sum = 0;
        for (int value = 0; value < DIGIT_VALUES; value++) {
            uint32_t count = starts[value];
            starts[value] = sum;
            sum += count;
        }
        for (int64_t p = 0; p < n; p++) to[starts[digit(from[p], pass)]++] = from[p];
        uint64_t *sorted = to;
        to = from;
        from = sorted;
    }
    return from;
}

static inline uint32_t key_of(uint64_t element) { return (uint32_t)(element >> 32); }

// Visits the groups of an element: one for most, so that the branch is foretold.
#define FOR_GROUPS(element, body)                                                        \
    {                                                                                    \
        uint32_t number = (uint32_t)(element) & RL_TAG_NUMBER;                           \
        if ((element) & RL_TAG_SEVERAL) {                                                \
            for (int32_t m = offsets[number]; m < offsets[number + 1]; m++) {            \
                rl_pair_counts *group = pairs + groups[m] + 1;                           \
                body                                                                     \
            }                                                                            \
        } else {                                                                         \
            rl_pair_counts *group = pairs + number;                                      \
            body                                                                         \
        }                                                                                \
    }

int64_t rl_count_pairs(int64_t n, const uint64_t *ranking, int64_t positives, const int32_t *offsets,
                       const int32_t *groups, rl_pair_counts *pairs) {
    int64_t all = 0, negativesBelow = 0, positivesAbove = positives;
    for (int64_t p = 0; p < n;) {
        uint64_t element = ranking[p];
        uint32_t key = key_of(element);
        if (p + 1 == n || key_of(ranking[p + 1]) != key) {
            // Alone with its margin, as most are: masks instead of a branch that nobody could foretell.
            int64_t positive = -(int64_t)((element >> 31) & 1);
            FOR_GROUPS(element, {
                group->within += 2 * group->negatives & positive;
                group->groupOfAll += 2 * negativesBelow & positive;
                group->allOfGroup += 2 * positivesAbove & ~positive;
                group->negatives += 1 + positive;
            })
            all += 2 * negativesBelow & positive;
            negativesBelow += 1 + positive;
            positivesAbove += positive;
            p++;
            continue;
        }
        // A tie: positives first, then negatives.
        int64_t middle = p, end = p;
        while (end < n && key_of(ranking[end]) == key) {
            if (ranking[end] & RL_TAG_POSITIVE) middle = end + 1;
            end++;
        }
        int64_t tiedPositives = middle - p, tiedNegatives = end - middle;
        int64_t below = 2 * negativesBelow + tiedNegatives, above = 2 * positivesAbove - tiedPositives;
        // Each tied positive counts the negatives below it here, and those tied with it as well below.
        for (int64_t q = p; q < middle; q++) FOR_GROUPS(ranking[q], {
            group->within += group->negatives;
            group->groupOfAll += below;
        })
        for (int64_t q = middle; q < end; q++) FOR_GROUPS(ranking[q], {
            group->allOfGroup += above;
            group->negatives++;
        })
        for (int64_t q = p; q < middle; q++) FOR_GROUPS(ranking[q], { group->within += group->negatives; })
        all += below * tiedPositives;
        negativesBelow += tiedNegatives;
        positivesAbove -= tiedPositives;
        p = end;
    }
    return all;
}

static inline int64_t counts_towards(uint64_t element, int32_t groupedOnly) {
    return !groupedOnly || ((uint32_t)element & ~RL_TAG_POSITIVE) != 0;
}

float rl_equal_error_threshold(int64_t n, const uint64_t *ranking, int32_t groupedOnly, int64_t positives,
                               int64_t negatives) {
    // Below all margins: every negative is above the threshold and no positive is missed. Differences are compared as
    // whole numbers, negatives above times positives minus positives not above times negatives: no rounding.
    int64_t above = negatives, missed = 0, least = negatives * positives;
    // The threshold goes above the margins of the elements before `best`, and under that of the next one that counts.
    int64_t best = 0;
    for (int64_t p = 0; p < n;) {
        uint32_t key = key_of(ranking[p]);
        for (; p < n && key_of(ranking[p]) == key; p++) {
            int64_t counts = counts_towards(ranking[p], groupedOnly);
            int64_t positive = (ranking[p] >> 31) & 1;
            missed += counts & positive;
            above -= counts & (1 - positive);
        }
        int64_t difference = above * positives - missed * negatives;
        int64_t size = difference < 0 ? -difference : difference;
        if (size < least) {
            least = size;
            best = p;
        }
        // From here on it only grows.
        if (difference <= 0) break;
    }
    int64_t next = best;
    while (next < n && !counts_towards(ranking[next], groupedOnly)) next++;
    if (best == 0) return next < n ? from_ordered_bits(key_of(ranking[next])) - 1 : 0;
    float low = from_ordered_bits(key_of(ranking[best - 1]));
    if (next == n) return low;
    float high = from_ordered_bits(key_of(ranking[next]));
    float middle = low + (high - low) / 2;
    return middle > low && middle < high ? middle : low;
}
