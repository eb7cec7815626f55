// The Python extension fastlc._core: one table of functions over the C interface. Arguments come positionally, already
// named by the thin functions in fastlc/. The GIL is released around every kernel (gil.h).
//
// One translation unit: pybind11's headers take longer to compile than all of this.
#include "python/losses.inl"
#include "python/probes.inl"
#include "python/scores.inl"
#include "python/settings.inl"
#include "python/sgd.inl"

PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
  m.doc() = "The compiled kernels of fastlc; see fastlc.functional and fastlc.losses for their documentation.";
  numpy = &py::detail::npy_api::get();
  read_environment();

  m.def("scores", &scores);
  m.def("predict", &predict);
  m.def("predict_proba", &predict_proba);
  m.def("softmax", &of_scores<fastlc_softmax>);
  m.def("log_softmax", &of_scores<fastlc_log_softmax>);
  m.def("sigmoid", &of_scores<fastlc_sigmoid>);
  m.def("loss", &loss);
  m.def("linear_loss", &linear_loss);
  m.def("sgd_step", &sgd_step);
  m.def("sgd_epoch", &sgd_epoch);

  m.def("elementwise", &elementwise);
  m.def("multiply_add", &multiply_add);
  m.def("read", &read_all);

  m.def("_set_converters", [](py::module_ arrays, py::module_ checks) {  // fastlc._arrays and fastlc._checks
    converters = {arrays.release().ptr(), checks.release().ptr()};
  });
  m.def("get_num_threads", &fastlc_get_num_threads);
  m.def("set_num_threads", &set_threads);
  m.def("get_isa", [] { return instruction_set().name; });
  m.def("_set_isa", &set_isa);  // for tests, which walk through all of them; not while another thread computes
  m.attr("isas_built") = tuple_of(instruction_sets(false));
  m.attr("isas_usable") = tuple_of(instruction_sets(true));
#ifdef __clang__
  m.attr("compiler") = "Clang " __clang_version__;
#else
  m.attr("compiler") = "GCC " __VERSION__;
#endif

  py::dict losses;  // name: (kernel, what y holds, whether one-vs-rest, names of its options)
  for (int i = 0; i < fastlc_loss_count(); ++i) {
    const fastlc_loss_description *info = fastlc_loss_info(i);
    py::tuple options(static_cast<size_t>(info->n_options));
    for (int k = 0; k < info->n_options; ++k) options[static_cast<size_t>(k)] = info->option_names[k];
    py::list targets;
    if (info->kind & FASTLC_LABELS) targets.append("labels");
    if (info->kind & FASTLC_VALUES) targets.append("values");
    losses[info->name] = py::make_tuple(i, py::tuple(targets), (info->kind & FASTLC_ONE_VS_REST) != 0, options);
  }
  m.attr("losses") = losses;
}
