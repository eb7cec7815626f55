// All the loops for one instruction set, and the table by which they are called. Each file in isa/ includes this once, with
// FASTLC_VECTOR_BYTES, FASTLC_ISA_NAME and FASTLC_ISA_TABLE defined.
#include "kernels/elementwise.inl"
#include "kernels/few_classes.inl"
#include "kernels/losses.h"
#include "kernels/many_classes.inl"
#include "kernels/on_scores.inl"
#include "kernels/roofline.inl"

namespace {

template <class T, class Read>
bool read_scores(const fastlc_call &call, fastlc::Run &run, Read read) {
  return is_many<T>(call, call.n) ? many_read<T>(call, run, read) : few_read(Dense<T>(call), call, run, read);
}

template <class T>
bool scores(const fastlc_call &call, fastlc::Run &run, T *out) {
  return read_scores<T>(call, run, WriteScores<T>{out});
}
template <class T>
bool predict(const fastlc_call &call, fastlc::Run &run, int64_t *out) {
  return read_scores<T>(call, run, WriteLabels<T>{out});
}
template <class T>
bool predict_proba(const fastlc_call &call, fastlc::Run &run, T *out) {
  return read_scores<T>(call, run, WriteProbabilities<T>{out});
}

template <class T>
bool softmax(const fastlc_call &call, fastlc::Run &run, T *out) {
  return few_read(GivenScores<T>(call), call, run, [out](Column<T> s, const Examples<T> &block, int64_t begin, int64_t end) {
    if (s.classes == 1) {  // not the two columns of predict_proba: 1, or nan
      for (int64_t r = begin; r < end; r += kLanes<T>) store(s.data + r, load(s.data + r) - load(s.data + r) + T(1));
      WriteScores<T>{out}(s, block, begin, end);
    } else {
      WriteProbabilities<T>{out}(s, block, begin, end);
    }
  });
}
template <class T>
bool log_softmax(const fastlc_call &call, fastlc::Run &run, T *out) {
  return few_read(GivenScores<T>(call), call, run, WriteLogProbabilities<T>{out});
}
template <class T>
bool sigmoid(const fastlc_call &call, fastlc::Run &run, T *out) {
  return few_read(GivenScores<T>(call), call, run, WriteSigmoids<T>{out});
}

template <class T>
bool loss(const fastlc_call &call, const fastlc::Rows &rows, fastlc::Run &run, fastlc_gradients &out) {
  if (!call.W) return few_loss(GivenScores<T>(call), call, rows, run, out);
  return is_many<T>(call, rows.n) ? many_loss<T>(call, rows, run, out) : few_loss(Dense<T>(call), call, rows, run, out);
}

template <class T>
void sgd_step(int64_t count, double lr, const fastlc_sgd &sgd, T *W, const T *dW, T *velocity) {
  if (is_plain(sgd)) {
    descend(count, dW, Descend<T, true>(lr, sgd, W, velocity));
  } else {
    descend(count, dW, Descend<T, false>(lr, sgd, W, velocity));
  }
}

template <class T, bool plain>
bool descend_on_batch(const fastlc_call &call, const fastlc::Rows &rows, fastlc::Run &run, double lr, const fastlc_sgd &sgd,
                      const fastlc_epoch &epoch, double *loss_sum) {
  fastlc_sgd of_W = sgd;
  if (epoch.first_step + epoch.steps == 0) of_W.dampening = 0;
  fastlc_sgd of_b = of_W;  // the bias is not regularised
  of_b.weight_decay = of_b.l1 = of_b.l2 = 0;
  const Descend<T, plain> on_W(lr, of_W, epoch.W, epoch.velocity_W), on_b(lr, of_b, epoch.b, epoch.velocity_b);
  if (const Dense<T> features(call); !is_many<T>(call, rows.n) && is_one_block(features, call.c, rows.n)) {
    return few_step(features, call, rows, run, on_W, on_b, loss_sum);
  }
  const int64_t size = times(call.c, call.d);
  T *gradient = static_cast<T *>(run.gradient.get(times(sizeof(T), plus(size, call.c))));
  fastlc_gradients out{};
  out.dW = gradient;
  out.db = gradient + size;
  if (!loss<T>(call, rows, run, out)) return false;
  descend(size, gradient, on_W);
  if (on_b.W) descend(call.c, gradient + size, on_b);
  *loss_sum = out.loss;
  return true;
}

template <class T>
bool sgd_batch(const fastlc_call &call, const fastlc::Rows &rows, fastlc::Run &run, double lr, const fastlc_sgd &sgd,
               const fastlc_epoch &epoch, double *loss_sum) {
  return is_plain(sgd) ? descend_on_batch<T, true>(call, rows, run, lr, sgd, epoch, loss_sum)
                       : descend_on_batch<T, false>(call, rows, run, lr, sgd, epoch, loss_sum);
}

template <class T>
void average(const fastlc_call &call, const fastlc_epoch &epoch) {
  const int64_t count = epoch.first_step + epoch.steps - epoch.average_from;
  if (count < 0) return;
  const double share = 1 / (static_cast<double>(count) + 1);
  average_of<T>(call.c * call.d, epoch.W, epoch.average_W, share);
  average_of<T>(call.c, epoch.b, epoch.average_b, share);
}

template <class T>
constexpr fastlc::Kernels<T> kKernels = {scores<T>,  predict<T>, predict_proba<T>, softmax<T>,  log_softmax<T>,
                                         sigmoid<T>, loss<T>,    penalty<T>,       sgd_step<T>, sgd_batch<T>, average<T>,
                                         exp_all<T>, log_all<T>, log1p_all<T>,     multiply_add<T>, read_all<T>};

#define FASTLC_LOSS_INFO(Loss) {Loss<float>::kInfo, Loss<float>::expected, Loss<float>::weighs_classes},
constexpr fastlc::LossInfo kLosses[] = {FASTLC_LOSSES(FASTLC_LOSS_INFO)};
#undef FASTLC_LOSS_INFO

}  // namespace

namespace fastlc {
extern const InstructionSet FASTLC_ISA_TABLE;
const InstructionSet FASTLC_ISA_TABLE = {FASTLC_ISA_NAME, kKernels<float>, kKernels<double>, kLosses,
                                         sizeof kLosses / sizeof kLosses[0]};
}  // namespace fastlc
