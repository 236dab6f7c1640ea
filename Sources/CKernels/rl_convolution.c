#include "rl_convolution.h"
#include "rl_blas.h"

#include <oneapi/dnnl/dnnl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

// What differs between oneDNN 2 and 3 is confined to the next lines and `create_convolution`: version 3 made memory
// descriptors opaque handles and dropped the operation descriptors.
#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t owned_descriptor;
typedef const_dnnl_memory_desc_t descriptor;
#define BORROW(owned) (owned)
#define RELEASE(owned) dnnl_memory_desc_destroy(owned)
#define INIT_BY_TAG(owned, rank, dims, tag) dnnl_memory_desc_create_with_tag(&(owned), rank, dims, dnnl_f32, tag)
#else
typedef dnnl_memory_desc_t owned_descriptor;
typedef const dnnl_memory_desc_t *descriptor;
#define BORROW(owned) (&(owned))
#define RELEASE(owned) ((void)(owned))
#define INIT_BY_TAG(owned, rank, dims, tag) dnnl_memory_desc_init_by_tag(&(owned), rank, dims, dnnl_f32, tag)
#endif

#define TRY(call)                                                                                                       \
    do {                                                                                                                \
        dnnl_status_t try_status = (call);                                                                              \
        if (try_status != dnnl_success) return (int32_t)try_status;                                                     \
    } while (0)

enum { argument_limit = 5 };

/// A primitive, and the memory objects that its arguments go through; their data pointers are set before each run.
typedef struct {
    dnnl_primitive_desc_t description;
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t arguments[argument_limit];
    int count;
    void *scratch;
} operation;

/// Weights on their way between PyTorch's order and the library's. `buffer` is NULL when the two are the same.
typedef struct {
    operation reorder;
    float *buffer;
} weight_order;

struct rl_convolution {
    dnnl_stream_t stream;
    operation forward, backwardInput, backwardWeight;
    weight_order forwardWeight, backwardInputWeight, weightGradient;
    int32_t hasBias, fusedReLU;
    int64_t outputCount;
};

static dnnl_engine_t engine;
static dnnl_status_t engine_status;
static pthread_once_t engine_once = PTHREAD_ONCE_INIT;
static void create_engine(void) { engine_status = dnnl_engine_create(&engine, dnnl_cpu, 0); }

// MARK: operations

static int32_t add_argument(operation *op, int argument, descriptor memory_descriptor, void *handle) {
    dnnl_memory_t memory;
    TRY(dnnl_memory_create(&memory, memory_descriptor, engine, handle));
    op->arguments[op->count].arg = argument;
    op->arguments[op->count].memory = memory;
    op->count += 1;
    return 0;
}

static descriptor queried(const operation *op, dnnl_query_t what) {
    return dnnl_primitive_desc_query_md(op->description, what, 0);
}

static void *aligned_memory(size_t bytes) {
    // aligned_alloc wants a multiple of the alignment.
    return aligned_alloc(64, (bytes + 64) / 64 * 64);
}

/// The scratch memory belongs to the plan, so that plans on several threads never meet in a shared one.
static int32_t add_scratch(operation *op) {
    descriptor needed = queried(op, dnnl_query_scratchpad_md);
    size_t bytes = dnnl_memory_desc_get_size(needed);
    if (bytes == 0) return 0;
    op->scratch = aligned_memory(bytes);
    if (op->scratch == NULL) return (int32_t)dnnl_out_of_memory;
    return add_argument(op, DNNL_ARG_SCRATCHPAD, needed, op->scratch);
}

static void set_data(operation *op, int argument, const void *data) {
    for (int i = 0; i < op->count; i++)
        if (op->arguments[i].arg == argument) dnnl_memory_set_data_handle(op->arguments[i].memory, (void *)data);
}

static int32_t run(operation *op, dnnl_stream_t stream) {
    rl_use_one_library_thread();
    TRY(dnnl_primitive_execute(op->primitive, stream, op->count, op->arguments));
    return (int32_t)dnnl_stream_wait(stream);
}

static void destroy_operation(operation *op) {
    for (int i = 0; i < op->count; i++) dnnl_memory_destroy(op->arguments[i].memory);
    if (op->primitive != NULL) dnnl_primitive_destroy(op->primitive);
    if (op->description != NULL) dnnl_primitive_desc_destroy(op->description);
    free(op->scratch);
}

// MARK: weights

static int32_t create_weight_order(weight_order *order, descriptor plain, descriptor preferred, int toPreferred) {
    if (dnnl_memory_desc_equal(plain, preferred)) return 0;
    order->buffer = aligned_memory(dnnl_memory_desc_get_size(preferred));
    if (order->buffer == NULL) return (int32_t)dnnl_out_of_memory;
    operation *op = &order->reorder;
    descriptor from = toPreferred ? plain : preferred, to = toPreferred ? preferred : plain;
    dnnl_primitive_attr_t attributes;
    TRY(dnnl_primitive_attr_create(&attributes));
    dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
    dnnl_status_t status = dnnl_reorder_primitive_desc_create(&op->description, from, engine, to, engine, attributes);
    dnnl_primitive_attr_destroy(attributes);
    TRY(status);
    TRY(dnnl_primitive_create(&op->primitive, op->description));
    int32_t added = add_argument(op, DNNL_ARG_FROM, from, toPreferred ? DNNL_MEMORY_NONE : order->buffer);
    if (added == 0) added = add_argument(op, DNNL_ARG_TO, to, toPreferred ? order->buffer : DNNL_MEMORY_NONE);
    if (added == 0) added = add_scratch(op);
    return added;
}

static void destroy_weight_order(weight_order *order) {
    destroy_operation(&order->reorder);
    free(order->buffer);
}

/// Where an operation finds `weight` in its preferred order.
static int32_t ordered_weight(weight_order *order, dnnl_stream_t stream, const float *weight, const float **result) {
    *result = weight;
    if (order->buffer == NULL) return 0;
    set_data(&order->reorder, DNNL_ARG_FROM, weight);
    *result = order->buffer;
    return run(&order->reorder, stream);
}

// MARK: plans

enum pass { pass_forward, pass_backward_input, pass_backward_weight };

typedef struct {
    owned_descriptor input, weight, plainWeight, bias, output;
    int hasBias;
    dnnl_dims_t strides, dilations, padding, paddingAfter;
} problem;

static int32_t create_convolution(operation *op, const problem *p, enum pass pass, dnnl_prop_kind_t kind,
                                  const_dnnl_primitive_attr_t attributes, const_dnnl_primitive_desc_t hint) {
    descriptor bias = p->hasBias ? BORROW(p->bias) : NULL;
#if DNNL_VERSION_MAJOR >= 3
    switch (pass) {
    case pass_forward:
        TRY(dnnl_convolution_forward_primitive_desc_create(&op->description, engine, kind, dnnl_convolution_direct,
                                                           p->input, p->weight, bias, p->output, p->strides,
                                                           p->dilations, p->padding, p->paddingAfter, attributes));
        break;
    case pass_backward_input:
        TRY(dnnl_convolution_backward_data_primitive_desc_create(
            &op->description, engine, dnnl_convolution_direct, p->input, p->weight, p->output, p->strides,
            p->dilations, p->padding, p->paddingAfter, hint, attributes));
        break;
    case pass_backward_weight:
        TRY(dnnl_convolution_backward_weights_primitive_desc_create(
            &op->description, engine, dnnl_convolution_direct, p->input, p->weight, bias, p->output, p->strides,
            p->dilations, p->padding, p->paddingAfter, hint, attributes));
        break;
    }
#else
    dnnl_convolution_desc_t desc;
    switch (pass) {
    case pass_forward:
        TRY(dnnl_dilated_convolution_forward_desc_init(&desc, kind, dnnl_convolution_direct, &p->input, &p->weight,
                                                       bias, &p->output, p->strides, p->dilations, p->padding,
                                                       p->paddingAfter));
        break;
    case pass_backward_input:
        TRY(dnnl_dilated_convolution_backward_data_desc_init(&desc, dnnl_convolution_direct, &p->input, &p->weight,
                                                             &p->output, p->strides, p->dilations, p->padding,
                                                             p->paddingAfter));
        break;
    case pass_backward_weight:
        TRY(dnnl_dilated_convolution_backward_weights_desc_init(&desc, dnnl_convolution_direct, &p->input, &p->weight,
                                                                bias, &p->output, p->strides, p->dilations, p->padding,
                                                                p->paddingAfter));
        break;
    }
    TRY(dnnl_primitive_desc_create(&op->description, &desc, attributes, engine, hint));
#endif
    TRY(dnnl_primitive_create(&op->primitive, op->description));
    return add_scratch(op);
}

static int32_t describe(const rl_convolution_shape *s, problem *p) {
    dnnl_dims_t input = {s->rows, s->inChannels, s->inHeight, s->inWidth};
    dnnl_dims_t weight = {s->outChannels, s->inChannels, s->kernelHeight, s->kernelWidth};
    // With groups the library wants them as a dimension of the weights, which lie in memory as they did.
    dnnl_dims_t grouped = {s->groups, s->outChannels / s->groups, s->inChannels / s->groups, s->kernelHeight,
                           s->kernelWidth};
    dnnl_dims_t output = {s->rows, s->outChannels, s->outHeight, s->outWidth};
    dnnl_dims_t bias = {s->outChannels};
    // Some orders are the same bytes, and the library is twice as quick when told the name of the one it blocks for:
    // one channel last is one channel first, and 16 channels last are one block of 16. They have no gradient for an input,
    // which is asked for seldom: it is the first layer's. Without AVX-512 these names get its reference alone, which is
    // hundreds of times as slow.
    int isBlocked = s->inChannels == 1 && s->outChannels == 16 && s->groups == 1 &&
                    (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core;
    dnnl_format_tag_t inputTag = isBlocked ? dnnl_nchw : dnnl_nhwc;
    dnnl_format_tag_t outputTag = isBlocked ? dnnl_nChw16c : dnnl_nhwc;
    TRY(INIT_BY_TAG(p->input, 4, input, inputTag));
    if (s->groups == 1) {
        TRY(INIT_BY_TAG(p->weight, 4, weight, dnnl_format_tag_any));
        TRY(INIT_BY_TAG(p->plainWeight, 4, weight, dnnl_oihw));
    } else {
        TRY(INIT_BY_TAG(p->weight, 5, grouped, dnnl_format_tag_any));
        TRY(INIT_BY_TAG(p->plainWeight, 5, grouped, dnnl_goihw));
    }
    TRY(INIT_BY_TAG(p->bias, 1, bias, dnnl_x));
    TRY(INIT_BY_TAG(p->output, 4, output, outputTag));
    p->hasBias = s->hasBias;
    p->strides[0] = s->strideHeight, p->strides[1] = s->strideWidth;
    p->dilations[0] = s->dilationHeight - 1, p->dilations[1] = s->dilationWidth - 1;
    p->padding[0] = s->paddingHeight, p->padding[1] = s->paddingWidth;
    // What the library calls the padding after the end is fixed by the output size: rows of input that no window
    // reaches make it negative.
    p->paddingAfter[0] = (s->outHeight - 1) * s->strideHeight + (s->kernelHeight - 1) * s->dilationHeight + 1
                         - s->inHeight - s->paddingHeight;
    p->paddingAfter[1] = (s->outWidth - 1) * s->strideWidth + (s->kernelWidth - 1) * s->dilationWidth + 1 - s->inWidth
                         - s->paddingWidth;
    return 0;
}

static int32_t create_forward(rl_convolution *plan, const rl_convolution_shape *s, const problem *p) {
    dnnl_primitive_attr_t attributes;
    TRY(dnnl_primitive_attr_create(&attributes));
    dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
    operation *op = &plan->forward;
    dnnl_prop_kind_t kind = s->training ? dnnl_forward_training : dnnl_forward_inference;
    int32_t status = create_convolution(op, p, pass_forward, kind, attributes, NULL);
    dnnl_primitive_attr_destroy(attributes);
    TRY(status);
    descriptor weight = queried(op, dnnl_query_weights_md);
    TRY(create_weight_order(&plan->forwardWeight, BORROW(p->plainWeight), weight, 1));
    TRY(add_argument(op, DNNL_ARG_SRC, BORROW(p->input), DNNL_MEMORY_NONE));
    TRY(add_argument(op, DNNL_ARG_WEIGHTS, weight, DNNL_MEMORY_NONE));
    if (p->hasBias) TRY(add_argument(op, DNNL_ARG_BIAS, BORROW(p->bias), DNNL_MEMORY_NONE));
    return add_argument(op, DNNL_ARG_DST, BORROW(p->output), DNNL_MEMORY_NONE);
}

static int32_t create_backward(rl_convolution *plan, const problem *p) {
    dnnl_primitive_attr_t attributes;
    TRY(dnnl_primitive_attr_create(&attributes));
    dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
    const_dnnl_primitive_desc_t hint = plan->forward.description;
    operation *input = &plan->backwardInput, *weight = &plan->backwardWeight;
    int32_t status = create_convolution(input, p, pass_backward_input, dnnl_backward_data, attributes, hint);
    if (status == 0)
        status = create_convolution(weight, p, pass_backward_weight, dnnl_backward_weights, attributes, hint);
    dnnl_primitive_attr_destroy(attributes);
    TRY(status);

    descriptor read = queried(input, dnnl_query_weights_md);
    TRY(create_weight_order(&plan->backwardInputWeight, BORROW(p->plainWeight), read, 1));
    TRY(add_argument(input, DNNL_ARG_DIFF_DST, BORROW(p->output), DNNL_MEMORY_NONE));
    TRY(add_argument(input, DNNL_ARG_WEIGHTS, read, DNNL_MEMORY_NONE));
    TRY(add_argument(input, DNNL_ARG_DIFF_SRC, BORROW(p->input), DNNL_MEMORY_NONE));

    descriptor written = queried(weight, dnnl_query_diff_weights_md);
    TRY(create_weight_order(&plan->weightGradient, BORROW(p->plainWeight), written, 0));
    TRY(add_argument(weight, DNNL_ARG_SRC, BORROW(p->input), DNNL_MEMORY_NONE));
    TRY(add_argument(weight, DNNL_ARG_DIFF_DST, BORROW(p->output), DNNL_MEMORY_NONE));
    if (p->hasBias) TRY(add_argument(weight, DNNL_ARG_DIFF_BIAS, BORROW(p->bias), DNNL_MEMORY_NONE));
    return add_argument(weight, DNNL_ARG_DIFF_WEIGHTS, written, DNNL_MEMORY_NONE);
}

int32_t rl_convolution_create(const rl_convolution_shape *shape, rl_convolution **result) {
    *result = NULL;
    // A plan cuts its sums by the threads that its creator may use, and runs on any thread: one here as there, or its
    // bits would depend on who made it.
    rl_use_one_library_thread();
    pthread_once(&engine_once, create_engine);
    TRY(engine_status);
    rl_convolution *plan = calloc(1, sizeof *plan);
    if (plan == NULL) return (int32_t)dnnl_out_of_memory;
    plan->hasBias = shape->hasBias;
    plan->fusedReLU = shape->fusedReLU;
    plan->outputCount = shape->rows * shape->outChannels * shape->outHeight * shape->outWidth;
    problem p = {0};
    int32_t status = (int32_t)dnnl_stream_create(&plan->stream, engine, dnnl_stream_default_flags);
    if (status == 0) status = describe(shape, &p);
    if (status == 0) status = create_forward(plan, shape, &p);
    if (status == 0 && shape->training) status = create_backward(plan, &p);
    RELEASE(p.input), RELEASE(p.weight), RELEASE(p.plainWeight), RELEASE(p.bias), RELEASE(p.output);
    if (status != 0) {
        rl_convolution_destroy(plan);
        return status;
    }
    *result = plan;
    return 0;
}

void rl_convolution_destroy(rl_convolution *plan) {
    if (plan == NULL) return;
    destroy_operation(&plan->forward);
    destroy_operation(&plan->backwardInput);
    destroy_operation(&plan->backwardWeight);
    destroy_weight_order(&plan->forwardWeight);
    destroy_weight_order(&plan->backwardInputWeight);
    destroy_weight_order(&plan->weightGradient);
    if (plan->stream != NULL) dnnl_stream_destroy(plan->stream);
    free(plan);
}

// MARK: running

/// max(0, x) with NaN kept, and 0 for -0. The library's own, which it could run within the convolution, makes 0 of NaN.
RL_CLONES static void rectify(float *values, int64_t count) {
    for (int64_t i = 0; i < count; i++) values[i] = values[i] <= 0 ? 0 : values[i];
}

int32_t rl_convolution_forward(rl_convolution *plan, const float *input, const float *weight, const float *bias,
                               float *output) {
    const float *ordered;
    TRY(ordered_weight(&plan->forwardWeight, plan->stream, weight, &ordered));
    set_data(&plan->forward, DNNL_ARG_SRC, input);
    set_data(&plan->forward, DNNL_ARG_WEIGHTS, ordered);
    if (plan->hasBias) set_data(&plan->forward, DNNL_ARG_BIAS, bias);
    set_data(&plan->forward, DNNL_ARG_DST, output);
    TRY(run(&plan->forward, plan->stream));
    if (plan->fusedReLU) rectify(output, plan->outputCount);
    return 0;
}

int32_t rl_convolution_backward_input(rl_convolution *plan, const float *outputGradient, const float *weight,
                                      float *inputGradient) {
    const float *ordered;
    TRY(ordered_weight(&plan->backwardInputWeight, plan->stream, weight, &ordered));
    set_data(&plan->backwardInput, DNNL_ARG_DIFF_DST, outputGradient);
    set_data(&plan->backwardInput, DNNL_ARG_WEIGHTS, ordered);
    set_data(&plan->backwardInput, DNNL_ARG_DIFF_SRC, inputGradient);
    return run(&plan->backwardInput, plan->stream);
}

int32_t rl_convolution_backward_weight(rl_convolution *plan, const float *input, const float *outputGradient,
                                       float *weightGradient, float *biasGradient) {
    weight_order *order = &plan->weightGradient;
    set_data(&plan->backwardWeight, DNNL_ARG_SRC, input);
    set_data(&plan->backwardWeight, DNNL_ARG_DIFF_DST, outputGradient);
    set_data(&plan->backwardWeight, DNNL_ARG_DIFF_WEIGHTS, order->buffer != NULL ? order->buffer : weightGradient);
    if (plan->hasBias) set_data(&plan->backwardWeight, DNNL_ARG_DIFF_BIAS, biasGradient);
    TRY(run(&plan->backwardWeight, plan->stream));
    if (order->buffer == NULL) return 0;
    set_data(&order->reorder, DNNL_ARG_TO, weightGradient);
    return run(&order->reorder, plan->stream);
}
