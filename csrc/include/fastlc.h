/* The C interface of fastlc: plain pointers, shapes, strides, a status. The Python bindings are its first caller.
 *
 * Shapes: X (n, d) rows are examples, W (c, d) one row a class, b (c), y (n) labels in [0, c) or (n, c) float targets,
 * S = X Wᵀ + b (n, c) scores. All floats of a call share one dtype. Matrices have contiguous rows and a stride between
 * rows, in elements, of any sign; vectors are contiguous. Outputs are contiguous and must not overlap an input.
 *
 * A call checks its arguments before it does any work; it leaves unchanged what it refuses, with a sentence in `error`.
 *
 * Growth. Each struct of the caller's begins with its size. New fields come at its end; a program that was compiled before
 * passes a smaller size, and the fields that it does not know are read as 0, or not written. A program that is newer than
 * the library may pass a larger size, if the fields beyond are 0; else it is refused. So: zero a struct, set `size`, then
 * what the function asks for. Structs of the library's carry their size for the same reason: a newer program asks whether
 * a field is there. FASTLC_ABI_VERSION changes only if that does not suffice.
 */
#ifndef FASTLC_H
#define FASTLC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FASTLC_ABI_VERSION 2

/* Constants are integers of 32 bits in structs and results, whatever the size of an enum. */
typedef int32_t fastlc_status;
enum {
  FASTLC_OK = 0,
  FASTLC_INVALID = 1,       /* an argument was refused; `error` says which and why */
  FASTLC_OUT_OF_MEMORY = 2,
  FASTLC_CANCELLED = 3      /* `cancel` said so; outputs of pure functions are then undefined */
};

typedef int32_t fastlc_dtype;
enum { FASTLC_FLOAT32 = 1, FASTLC_FLOAT64 = 2 };

typedef int32_t fastlc_int_type;
enum {
  FASTLC_INT8 = 1, FASTLC_UINT8, FASTLC_INT16, FASTLC_UINT16, FASTLC_INT32, FASTLC_UINT32, FASTLC_INT64, FASTLC_UINT64
};

typedef int32_t fastlc_reduction;
enum { FASTLC_MEAN = 0, FASTLC_SUM = 1, FASTLC_NONE = 2 };

/* How the rows of X are stored. */
typedef int32_t fastlc_features_kind;
enum { FASTLC_DENSE = 1 };

typedef struct {
  size_t size;                    /* sizeof(fastlc_features) */
  fastlc_features_kind kind;      /* which of the fields below count */
  int64_t stride;                 /* dense: elements between rows */
  const void *data;               /* dense: (n, d) */
} fastlc_features;

/* The arguments that most functions share. */
typedef struct {
  size_t size;                    /* sizeof(fastlc_call) */
  fastlc_dtype dtype;             /* of all floats */
  int32_t loss;                   /* of fastlc_find_loss */
  int64_t n, d, c;
  const fastlc_features *X;       /* (n, d); (n, c) scores where W is NULL, and then d = c. NULL: no rows */
  const void *W;                  /* (c, d) */
  int64_t W_stride;
  const void *b;                  /* (c), or NULL */

  const double *options;          /* the loss's own, in its order; NULL: their defaults */
  const void *labels;             /* (n), integers, for a loss that takes labels; then targets is NULL */
  const void *targets;            /* (n, c), floats, for a loss that takes values; then labels is NULL */
  int64_t targets_stride;
  fastlc_int_type labels_type;
  int32_t has_ignore_index;       /* rows whose label is ignore_index count for nothing */
  int64_t ignore_index;
  const void *sample_weight;      /* (n), or NULL */
  const void *class_weight;       /* (c), or NULL; for losses that take labels */
  const void *pos_weight;         /* (c), or NULL; for one-vs-rest losses */
  double l1, l2;                  /* adds l1 ‖W‖₁ + l2/2 ‖W‖² */
  fastlc_reduction reduction;

  int32_t (*cancel)(void *);      /* asked now and then, on the calling thread; nonzero stops the call. May be NULL */
  void *cancel_arg;
  char *error;                    /* receives a sentence, at most error_size bytes with its NUL. May be NULL */
  size_t error_size;
} fastlc_call;

/* Where a loss writes. A pointer that is NULL is not computed. */
typedef struct {
  size_t size;                    /* sizeof(fastlc_gradients) */
  double loss;                    /* mean or sum; 0 for FASTLC_NONE */
  void *losses;                   /* (n), the weighted loss of each row: for FASTLC_NONE */
  void *dW;                       /* (c, d) */
  void *db;                       /* (c); only with dW */
  void *dX;                       /* (n, d); d loss / d S if X holds scores */
} fastlc_gradients;

/* How sgd_step and sgd_epoch update: g = dW + weight_decay W; v = momentum v + (1 - dampening) g; W -= lr (v, or
 * g + momentum v for Nesterov's); then the proximal step of l1 and l2, W = sign(W) max(|W| - r l1, 0) / (1 + r l2). There
 * r = lr, and lr (1 - dampening) / (1 - momentum) with momentum, which is as far as a gradient moves W in the end, so that
 * the optimum is that of the loss + l1 ‖W‖₁ + l2/2 ‖W‖². */
typedef struct {
  size_t size;                    /* sizeof(fastlc_sgd) */
  double momentum;
  double dampening;               /* sgd_epoch's first step of all is not dampened */
  int32_t nesterov;               /* needs momentum without dampening */
  double weight_decay;
  double l1, l2;
} fastlc_sgd;

/* A batch in which nothing counts (of weight 0, or to be ignored) leaves W, b and velocities as they are. */
typedef struct {
  size_t size;                    /* sizeof(fastlc_epoch) */
  void *W;                        /* (c, d), contiguous, updated; call.W is ignored */
  void *b;                        /* (c), updated, or NULL */
  void *velocity_W;               /* (c, d), updated; may be NULL without momentum */
  void *velocity_b;
  double *average_W;              /* (c, d), updated after step t >= average_from: += (W - average) / (t - average_from + 1) */
  double *average_b;              /* (c); both in double whatever the dtype, and both may be NULL */
  int64_t average_from;
  int64_t first_step;             /* steps taken before this call */
  const int64_t *order;           /* (rows) which rows of X, in which order; NULL: 0, 1, … */
  int64_t rows;
  int64_t batch_size;
  const double *lr;               /* (lr_size): one for all batches or one for each */
  int64_t lr_size;
  double mean_loss;               /* out */
  int64_t steps;                  /* out: batches done, also after FASTLC_CANCELLED */
} fastlc_epoch;

enum {
  FASTLC_LABELS = 1,              /* takes integer labels */
  FASTLC_VALUES = 2,              /* takes float targets */
  FASTLC_ONE_VS_REST = 4,         /* a binary problem a class: class_weight weighs scores; if c is 1, labels are 0 or 1 */
  FASTLC_MEAN_BY_CLASS = 8,       /* with labels the mean divides by Σ sample_weight · class_weight, not Σ sample_weight */
  FASTLC_PROBABILITIES = 16       /* its float targets are in [0, 1] */
};

enum { FASTLC_MOST_OPTIONS = 8 };

typedef struct {
  size_t size;                    /* of what the library fills */
  const char *name;
  int32_t kind;                   /* of the flags above */
  int32_t n_options;
  const char *option_names[FASTLC_MOST_OPTIONS];
  double option_defaults[FASTLC_MOST_OPTIONS];
} fastlc_loss_description;

/* The number of the loss of this name, or -1: look it up, for numbers may differ between versions of the library. */
int32_t fastlc_find_loss(const char *name);
/* Of the numbers [0, fastlc_loss_count()); NULL beyond. */
const fastlc_loss_description *fastlc_loss_info(int32_t loss);
int32_t fastlc_loss_count(void);
/* FASTLC_ABI_VERSION of the library. */
int32_t fastlc_abi_version(void);

fastlc_status fastlc_scores(const fastlc_call *call, void *out);                 /* out (n, c) */
fastlc_status fastlc_predict(const fastlc_call *call, int64_t *out);             /* out (n) */
fastlc_status fastlc_predict_proba(const fastlc_call *call, void *out);          /* out (n, max(c, 2)) */
/* Of scores: X (n, c) with W = NULL. out (n, c). */
fastlc_status fastlc_softmax(const fastlc_call *call, void *out);
fastlc_status fastlc_log_softmax(const fastlc_call *call, void *out);
fastlc_status fastlc_sigmoid(const fastlc_call *call, void *out);

fastlc_status fastlc_loss(const fastlc_call *call, fastlc_gradients *out);
/* W, dW, velocity (NULL without momentum): `count` elements each. Of `call` dtype and error count; shapes may be 0, and X
 * NULL. */
fastlc_status fastlc_sgd_step(const fastlc_call *call, const fastlc_sgd *sgd, int64_t count, double lr, void *W,
                              const void *dW, void *velocity);
fastlc_status fastlc_sgd_epoch(const fastlc_call *call, const fastlc_sgd *sgd, fastlc_epoch *epoch);

/* Exported under these names so that threadpoolctl can find them. */
__attribute__((visibility("default"))) int32_t fastlc_get_num_threads(void);
__attribute__((visibility("default"))) void fastlc_set_num_threads(int32_t n);

#ifdef __cplusplus
}
#endif
#endif
