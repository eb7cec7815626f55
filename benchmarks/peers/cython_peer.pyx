# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What one writes in Cython with care: typed memoryviews, no GIL, one thread a range of rows with a gradient of its own.

Loops run along the features, with sixteen accumulators a score, so that GCC makes vector operations of them without
being allowed to reorder sums (built with -O3 -march=native -fopenmp, and no -ffast-math). Eight rows at a time are met
by one row of W, or of its gradient: together they stay in the first cache.
"""

from cython cimport floating
from cython.parallel cimport prange
from libc.math cimport exp, expf, log, logf
from libc.stdlib cimport free, malloc
from libc.string cimport memset


cdef inline floating dot(const floating* x, const floating* w, Py_ssize_t D) noexcept nogil:
    cdef floating lanes[16]
    cdef floating total = 0
    cdef Py_ssize_t i, j, whole = D // 16 * 16
    for j in range(16):
        lanes[j] = 0
    for i in range(0, whole, 16):
        for j in range(16):
            lanes[j] += x[i + j] * w[i + j]
    for j in range(16):
        total += lanes[j]
    for i in range(whole, D):
        total += x[i] * w[i]
    return total


cdef inline void add(floating* w, const floating* x, floating scale, Py_ssize_t D) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(D):
        w[i] += scale * x[i]


cdef inline floating softmax(floating* s, Py_ssize_t right, Py_ssize_t C) noexcept nogil:
    """The loss of a row; its scores become their gradient."""
    cdef floating largest = s[0], own = s[right], z = 0
    cdef Py_ssize_t c
    for c in range(1, C):
        largest = max(largest, s[c])
    for c in range(C):
        s[c] = expf(s[c] - largest) if floating is float else exp(s[c] - largest)
        z += s[c]
    for c in range(C):
        s[c] /= z
    s[right] -= 1
    return (logf(z) if floating is float else log(z)) + largest - own


cdef inline floating svm(floating* s, Py_ssize_t right, Py_ssize_t C) noexcept nogil:
    cdef floating least = s[right] - 1, total = 0, over = 0
    cdef Py_ssize_t c
    for c in range(C):
        if c != right and s[c] > least:
            total += s[c] - least
            s[c] = 1
            over += 1
        else:
            s[c] = 0
    s[right] = -over
    return total


cdef enum:
    BLOCK = 8


cdef double on_rows(const floating* X, const long long* y, const floating* W, const floating* b, floating* dW,
                    floating* db, Py_ssize_t rows, Py_ssize_t D, Py_ssize_t C, bint hinge) noexcept nogil:
    cdef floating* S = <floating*> malloc(BLOCK * C * sizeof(floating))
    cdef double total = 0
    cdef Py_ssize_t block, start, n, c, i
    memset(dW, 0, C * D * sizeof(floating))
    memset(db, 0, C * sizeof(floating))
    for block in range((rows + BLOCK - 1) // BLOCK):
        start = block * BLOCK
        n = rows - start if rows - start < BLOCK else BLOCK
        for c in range(C):
            for i in range(n):
                S[i * C + c] = dot(X + (start + i) * D, W + c * D, D) + b[c]
        for i in range(n):
            total += svm(S + i * C, y[start + i], C) if hinge else softmax(S + i * C, y[start + i], C)
        for c in range(C):
            for i in range(n):
                if S[i * C + c] != 0:
                    add(dW + c * D, X + (start + i) * D, S[i * C + c], D)
                    db[c] += S[i * C + c]
    free(S)
    return total


def linear_loss(const floating[:, ::1] X, const long long[::1] y, const floating[:, ::1] W, const floating[::1] b,
                floating[:, :, ::1] dW, floating[:, ::1] db, double[::1] losses, bint hinge):
    """Sums of losses and gradients of each thread's rows, into the rows of `losses`, dW and db."""
    cdef Py_ssize_t N = X.shape[0], D = X.shape[1], C = W.shape[0], T = losses.shape[0], t, start
    for t in prange(T, nogil=True, num_threads=T, schedule="static"):
        start = N * t // T
        losses[t] = on_rows(&X[0, 0] + start * D, &y[0] + start, &W[0, 0], &b[0], &dW[t, 0, 0], &db[t, 0],
                            N * (t + 1) // T - start, D, C, hinge)


def predict(const floating[:, ::1] X, const floating[:, ::1] W, const floating[::1] b, long long[::1] labels,
            int threads):
    cdef Py_ssize_t N = X.shape[0], D = X.shape[1], n
    for n in prange(N, nogil=True, num_threads=threads, schedule="static"):
        labels[n] = label(&X[n, 0], &W[0, 0], &b[0], D, W.shape[0])


cdef inline long long label(const floating* x, const floating* W, const floating* b, Py_ssize_t D,
                            Py_ssize_t C) noexcept nogil:
    cdef floating score, best = dot(x, W, D) + b[0]
    cdef Py_ssize_t c, found = 0
    for c in range(1, C):
        score = dot(x, W + c * D, D) + b[c]
        if score > best:
            best = score
            found = c
    return found
