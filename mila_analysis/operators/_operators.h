// The operators of torch.

#include <torch/library.h>

TORCH_LIBRARY(mila_analysis, library) {
  const std::vector<at::Tag> tags{at::Tag::pt2_compliant_tag};
  library.def("evaluate(Tensor x, Tensor[] parameters, str kernel, str names, "
              "ScalarType dtype) -> Tensor[]", tags);
  library.def("gradient(Tensor x, Tensor[] parameters, Tensor g, str kernel, "
              "int[] variables) -> Tensor[]", tags);
  library.def("activation(Tensor x, Tensor[] parameters, str kernel) -> Tensor", tags);
}

TORCH_LIBRARY_IMPL(mila_analysis, CPU, library) {
  library.impl("evaluate", TORCH_FN(evaluate));
  library.impl("gradient", TORCH_FN(gradient));
  library.impl("activation", TORCH_FN(activation));
}

TORCH_LIBRARY_IMPL(mila_analysis, Autograd, library) {
  library.impl("evaluate", TORCH_FN(evaluate_autograd));
  library.impl("gradient", TORCH_FN(gradient_autograd));
  library.impl("activation", TORCH_FN(activation_autograd));
}
