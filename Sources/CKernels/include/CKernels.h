// Heavy kernels with a C interface: oneDNN products and convolutions, and our own vector loops.
//
// Invariants of every function here: pointers are valid for the stated lengths and do not alias unless said;
// nothing allocates unless said; nothing keeps a pointer; nothing touches global state but the oneDNN engine.
#ifndef CKERNELS_H
#define CKERNELS_H

#include "rl_blas.h"
#include "rl_elementwise.h"
#include "rl_learner.h"
#include "rl_evaluator.h"
#include "rl_convolution.h"
#include "rl_layers.h"
#include "rl_losses.h"
#include "rl_normalization.h"
#include "rl_optimizer.h"
#include "rl_random.h"
#include "rl_eigen.h"
#include "rl_sparse.h"
#include "rl_winograd.h"
#include "rl_ranking.h"

#endif
