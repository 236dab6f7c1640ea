// Loops of the measures of two classes. The examples of a set are ordered by their margin, score 1 minus score 0, once;
// the pairs of all groups are counted along that order. Exact: equal margins are ties.
#ifndef RL_RANKING_H
#define RL_RANKING_H

#include <stdint.h>

/// margins[i] = logits[1, i] - logits[0, i]; logits is [2, n] with row stride `stride`.
void rl_margins(int64_t n, const float *logits, int64_t stride, float *margins);

/// Number of margins that are infinite or not a number.
int64_t rl_count_not_finite(int64_t n, const float *margins);

/// above[k] = members of list k whose margin is above the threshold. The members of list k are the example indices
/// members[offsets[k]] ... members[offsets[k + 1] - 1].
void rl_count_above(int64_t lists, const int64_t *offsets, const int32_t *members, const float *margins, float threshold,
                    int64_t *above);

/// What a ranking knows of an example: bit 31 is the label; with bit 30 the other bits are the number of an example that
/// is in several groups, without it they are the number of its group plus one, or 0 for none.
#define RL_TAG_POSITIVE 0x80000000u
#define RL_TAG_SEVERAL 0x40000000u
#define RL_TAG_NUMBER 0x3FFFFFFFu

/// Orders examples by ascending margin; those of equal margin keep their order. An element of the result has the margin
/// as an ordered integer in its high half and the tag in its low half. Element p of the input is example order[p] with
/// tags[p]. Margins are finite; -0 equals 0.
/// `first` and `second` hold n elements each and do not overlap; the result is in one of them.
uint64_t *rl_rank(int64_t n, const int32_t *order, const uint32_t *tags, const float *margins, uint64_t *first,
                  uint64_t *second);

/// Pairs of a positive and a negative example of which the positive one has the larger margin, counted twice, and ties,
/// counted once: what half of it over the number of pairs is an area under the ROC curve.
typedef struct {
    int64_t within;      // positives and negatives of the group
    int64_t groupOfAll;  // positives of the group, negatives of the whole set
    int64_t allOfGroup;  // positives of the whole set, negatives of the group
    int64_t negatives;   // negatives of the group seen so far; their number at the end
} rl_pair_counts;

/// Counts pairs along a ranking in which the positives of equal margin come before the negatives.
/// - positives: of the whole ranking.
/// - memberships: the groups of example i that is in several are groups[offsets[i]] ... groups[offsets[i + 1] - 1].
/// - pairs: that of group g at g + 1, all zero before; element 0 is scratch for examples without a group.
/// Returns the doubled pairs of the whole set.
int64_t rl_count_pairs(int64_t n, const uint64_t *ranking, int64_t positives, const int32_t *offsets,
                       const int32_t *groups, rl_pair_counts *pairs);

/// The threshold of equal error of all examples, or with `groupedOnly` of those in some group: that at which the shares
/// of negatives above it and of positives not above it differ least; of equal ones the lowest. It lies halfway between
/// two neighbouring margins, or on the lower one when no number lies between them; below the lowest margin by 1, or on
/// the highest.
/// - positives, negatives: numbers of those examples; both positive.
float rl_equal_error_threshold(int64_t n, const uint64_t *ranking, int32_t groupedOnly, int64_t positives,
                               int64_t negatives);

#endif
