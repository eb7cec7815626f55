// All the loops for one instruction set, and the table by which they are called. Each file in isa/ includes this once, with
// FASTLC_VECTOR_BYTES, FASTLC_REGISTERS, FASTLC_ISA_NAME and FASTLC_ISA_TABLE defined.
#include "kernels/elementwise.inl"
#include "kernels/few_classes.inl"
#include "kernels/losses.h"
#include "kernels/many_classes.inl"
#include "kernels/on_scores.inl"
#include "kernels/roofline.inl"

namespace {

template <class T, class Read>
bool read_scores(const fastlc::Problem<T> &problem, fastlc::Run &run, Read read) {
  return is_many<T>(problem, problem.n) ? many_read<T>(problem, run, read) : few_read(Dense<T>(problem), problem, run, read);
}

template <class T>
bool scores(const fastlc::Problem<T> &problem, fastlc::Run &run, T *out) {
  return read_scores<T>(problem, run, WriteScores<T>{out});
}
template <class T>
bool predict(const fastlc::Problem<T> &problem, fastlc::Run &run, int64_t *out) {
  return read_scores<T>(problem, run, WriteLabels<T>{out});
}
template <class T>
bool predict_proba(const fastlc::Problem<T> &problem, fastlc::Run &run, T *out) {
  return read_scores<T>(problem, run, WriteProbabilities<T>{out});
}

template <class T>
bool softmax(const fastlc::Problem<T> &problem, fastlc::Run &run, T *out) {
  return few_read(GivenScores<T>(problem), problem, run, [out](Column<T> s, const Examples<T> &block, int64_t begin, int64_t end) {
    if (s.classes == 1) {  // not the two columns of predict_proba: 1, or nan
      for (int64_t r = begin; r < end; r += kLanes<T>) store(s.data + r, load(s.data + r) - load(s.data + r) + T(1));
      WriteScores<T>{out}(s, block, begin, end);
    } else {
      WriteProbabilities<T>{out}(s, block, begin, end);
    }
  });
}
template <class T>
bool log_softmax(const fastlc::Problem<T> &problem, fastlc::Run &run, T *out) {
  return few_read(GivenScores<T>(problem), problem, run, WriteLogProbabilities<T>{out});
}
template <class T>
bool sigmoid(const fastlc::Problem<T> &problem, fastlc::Run &run, T *out) {
  return few_read(GivenScores<T>(problem), problem, run, WriteSigmoids<T>{out});
}

template <class T>
bool loss(const fastlc::Problem<T> &problem, const fastlc::Batch &batch, fastlc::Run &run, fastlc::Gradients<T> &out) {
  if (problem.holds_scores) return few_loss(GivenScores<T>(problem), problem, batch, run, out);
  return is_many<T>(problem, batch.n) ? many_loss<T>(problem, batch, run, out) : few_loss(Dense<T>(problem), problem, batch, run, out);
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
bool descend_on_batch(const fastlc::Problem<T> &problem, const fastlc::Batch &batch, fastlc::Run &run, double lr,
                      const fastlc_sgd &sgd, const fastlc::Trained<T> &trained, double *loss_sum) {
  fastlc_sgd of_b = sgd;  // the bias is not regularised
  of_b.weight_decay = of_b.l1 = of_b.l2 = 0;
  const Descend<T, plain> on_W(lr, sgd, trained.W, trained.velocity_W), on_b(lr, of_b, trained.b, trained.velocity_b);
  if (const Dense<T> features(problem); !is_many<T>(problem, batch.n) && is_one_block(features, problem.c, batch.n)) {
    return few_step(features, problem, batch, run, on_W, on_b, loss_sum);
  }
  const int64_t size = times(problem.c, problem.d);
  T *gradient = static_cast<T *>(run.gradient.get(times(sizeof(T), plus(size, problem.c))));
  fastlc::Gradients<T> out{};
  out.dW = gradient;
  out.db = gradient + size;
  if (!loss<T>(problem, batch, run, out)) return false;
  descend(size, gradient, on_W);
  if (on_b.W) descend(problem.c, gradient + size, on_b);
  *loss_sum = out.loss;
  return true;
}

template <class T>
bool sgd_batch(const fastlc::Problem<T> &problem, const fastlc::Batch &batch, fastlc::Run &run, double lr,
               const fastlc_sgd &sgd, const fastlc::Trained<T> &trained, double *loss_sum) {
  return is_plain(sgd) ? descend_on_batch<T, true>(problem, batch, run, lr, sgd, trained, loss_sum)
                       : descend_on_batch<T, false>(problem, batch, run, lr, sgd, trained, loss_sum);
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
