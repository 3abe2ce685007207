// Derivatives of partials, which are partials again: backward and forward mode.

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/where.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/csrc/dynamo/compiled_autograd.h>

namespace {

using torch::autograd::SavedVariable;
using torch::autograd::set_history;
using torch::autograd::variable_list;

std::vector<Tensor> call_evaluate(const Tensor& x, TensorList parameters,
                                  std::string_view key, std::string_view names,
                                  ScalarType dtype) {
  static const auto found = c10::Dispatcher::singleton()
                                .findSchemaOrThrow("mila_analysis::evaluate", "")
                                .typed<decltype(evaluate)>();
  return found.call(x, parameters, key, names, dtype);
}

Tensor call_activation(const Tensor& x, TensorList parameters, std::string_view key) {
  static const auto found = c10::Dispatcher::singleton()
                                .findSchemaOrThrow("mila_analysis::activation", "")
                                .typed<decltype(activation)>();
  return found.call(x, parameters, key);
}

std::vector<Tensor> call_gradient(const Tensor& x, TensorList parameters,
                                  const Tensor& g, std::string_view key,
                                  at::IntArrayRef variables) {
  static const auto found = c10::Dispatcher::singleton()
                                .findSchemaOrThrow("mila_analysis::gradient", "")
                                .typed<decltype(gradient)>();
  return found.call(x, parameters, g, key, variables);
}

// Whether what is called below autograd are kernels for CPUs: no mode, transform or
// subclass of a tensor looks on, and they may be called at once.
bool unseen(const Tensor& x, TensorList parameters) {
  const c10::impl::LocalDispatchKeySet local = c10::impl::tls_local_dispatch_key_set();
  c10::DispatchKeySet keys = x.key_set() | local.included_;
  for (const Tensor& each : parameters) keys = keys | each.key_set();
  keys = keys - local.excluded_ - c10::DispatchKeySet(c10::DispatchKey::BackendSelect);
  return keys.highestPriorityTypeId() == c10::DispatchKey::CPU;
}

// What traces may ask for more than anybody will: there is no error then, but NaN.
bool traced(const Tensor& x) {
  const auto keys = x.key_set();
  return c10::impl::dispatch_mode_enabled() || keys.has(c10::DispatchKey::Python) ||
         keys.has(c10::DispatchKey::Functionalize);
}

// The partial derivatives of some partials in some variables, each computed once.
class Slopes {
 public:
  Slopes(const Kernel& kernel, const Names& names, const Names& variables,
         const Tensor& x, TensorList parameters)
      : kernel_(kernel) {
    for (const int64_t name : names) {
      for (const int64_t variable : variables) want(name, variable, x);
    }
    if (wanted_.empty()) return;
    found_ = call_evaluate(x, parameters, kernel.key, spelled(kernel, wanted_),
                           arithmetic_of(x.scalar_type()));
  }

  // A factor times the derivative of a partial in a variable, in the arithmetic of x.
  // The derivative comes first: the product lies in memory as that does, and so as x.
  Tensor times(const Tensor& factor, int64_t name, int64_t variable,
               ScalarType type) const {
    const Tensor exact = factor.to(type);
    const int64_t number = kernel_.derivative(name, variable);
    if (number < 0) return at::where(exact.eq(0), exact, at::full_like(exact, NAN));
    for (size_t k = 0; k < wanted_.size(); ++k) {
      if (wanted_[k] == number) return found_[k].mul(exact);
    }
    return {};
  }

 private:
  void want(int64_t name, int64_t variable, const Tensor& x) {
    const int64_t number = kernel_.derivative(name, variable);
    if (number >= 0) {
      if (std::find(wanted_.begin(), wanted_.end(), number) == wanted_.end()) {
        wanted_.push_back(number);
      }
      return;
    }
    const std::string& given = kernel_.names[name];
    TORCH_CHECK(traced(x), "a derivative of ", given, " is a partial of order ",
                kernel_.order() + 1, "; this one has order ", kernel_.order(),
                ": make it with order=", kernel_.order() + 1);
  }

  const Kernel& kernel_;
  Names wanted_;
  std::vector<Tensor> found_;
};

// A sum in the shape and type of a value that was expanded.
Tensor reduced(const Tensor& sum, const Tensor& like) {
  const bool one = like.dim() > sum.dim();
  const Tensor found = one ? sum.sum().reshape_symint(like.sym_sizes())
                           : sum.sum_to_size_symint(like.sym_sizes());
  return found.to(like.scalar_type());
}

// Gradients in variables, by operations that have derivatives themselves.
variable_list differentiable(const Kernel& kernel, const Names& names,
                             const Names& variables, const Tensor& x,
                             TensorList parameters, const variable_list& gradients) {
  Names given;
  std::vector<Tensor> factors;
  for (size_t k = 0; k < names.size(); ++k) {
    if (!gradients[k].defined()) continue;
    given.push_back(names[k]);
    factors.push_back(gradients[k]);
  }
  variable_list found(variables.size());
  if (given.empty()) return found;
  const Slopes slopes(kernel, given, variables, x, parameters);
  const ScalarType type = arithmetic_of(x.scalar_type());
  for (size_t v = 0; v < variables.size(); ++v) {
    Tensor total;
    for (size_t k = 0; k < given.size(); ++k) {
      const Tensor product = slopes.times(factors[k], given[k], variables[v], type);
      total = total.defined() ? total.add(product) : product;
    }
    const int64_t j = variables[v];
    found[v] = j == 0 ? total.to(x.scalar_type()) : reduced(total, parameters[j - 1]);
  }
  return found;
}

bool needs_gradient(const Tensor& x, TensorList parameters) {
  return torch::autograd::compute_requires_grad(x, parameters);
}

bool has_tangent(const Tensor& x, TensorList parameters) {
  if (x._fw_grad(0).defined()) return true;
  for (const Tensor& each : parameters) {
    if (each._fw_grad(0).defined()) return true;
  }
  return false;
}

// The fused gradient where nobody differentiates it again.
std::vector<Tensor> slopes_times(const Kernel& kernel, const Tensor& x,
                                 TensorList parameters, const Tensor& g,
                                 at::IntArrayRef variables) {
  const bool differentiated = needs_gradient(x, parameters) || needs_gradient(g, {}) ||
                              has_tangent(x, parameters) || has_tangent(g, {});
  if (differentiated) {
    const Names wanted(variables.begin(), variables.end());
    return differentiable(kernel, {0}, wanted, x, parameters, {g});
  }
  const at::AutoDispatchBelowADInplaceOrView below;
  return unseen(x, parameters) && unseen(g, {})
             ? gradient_of(kernel, x, parameters, g, variables)
             : call_gradient(x, parameters, g, kernel.key, variables);
}

std::vector<Tensor> gradient_autograd(const Tensor& x, TensorList parameters,
                                      const Tensor& g, std::string_view key,
                                      at::IntArrayRef variables) {
  return slopes_times(kernel_of(key), x, parameters, g, variables);
}

// Whether a transform of torch.func, or a batch of gradients, is at work.
bool transformed(const Tensor& value) {
  constexpr c10::DispatchKeySet keys({c10::DispatchKey::FuncTorchGradWrapper,
                                      c10::DispatchKey::FuncTorchBatched,
                                      c10::DispatchKey::Batched});
  return value.key_set().has_any(keys);
}

struct MilaAnalysisBackward : public torch::autograd::Node {
  const Kernel* kernel;
  Names names;
  SavedVariable x;
  std::vector<SavedVariable> parameters;

  std::string name() const override { return "MilaAnalysisBackward"; }

  void release_variables() override {
    std::lock_guard<std::mutex> lock(mutex_);
    x.reset_data();
    for (SavedVariable& each : parameters) each.reset_data();
  }

  variable_list apply(variable_list&& gradients) override {
    std::lock_guard<std::mutex> lock(mutex_);
    const Kernel& known = *kernel;
    const Tensor values = x.unpack();
    std::vector<Tensor> others;
    for (const SavedVariable& each : parameters) others.push_back(each.unpack());
    Names wanted;
    for (size_t k = 0; k <= others.size(); ++k) {
      if (task_should_compute_output(k)) wanted.push_back(static_cast<int64_t>(k));
    }
    variable_list all(others.size() + 1);
    if (wanted.empty()) return all;
    const Tensor& g = gradients[0];
    const bool of_f = names.size() == 1 && names[0] == 0;
    if (of_f && !g.defined()) return all;
    const bool sloped = known.derivative(0, 0) >= 0;
    const bool fused = of_f && sloped && !transformed(values) && !transformed(g);
    variable_list found =
        fused ? slopes_times(known, values, others, g, wanted)
              : differentiable(known, names, wanted, values, others, gradients);
    for (size_t k = 0; k < wanted.size(); ++k) all[wanted[k]] = std::move(found[k]);
    return all;
  }

  using Saved = torch::dynamo::autograd::SwapSavedVariables;

  void compiled_args(torch::dynamo::autograd::CompiledNodeArgs& args) const override {
    args.collect(kernel->key);
    args.collect(std::vector<int64_t>(names.begin(), names.end()));
    args.collect(x, false);
    args.collect(parameters, false);
  }

  variable_list apply_with_saved(const variable_list& gradients,
                                 Saved& saved) override {
    saved.before(x);
    saved.before(parameters);
    variable_list found = apply(variable_list(gradients));
    saved.after(x);
    saved.after(parameters);
    return found;
  }
};

Tensor primal(const Tensor& value) {
  return value._fw_grad(0).defined() ? value._fw_primal(0) : value;
}

// Forward mode: a product of partials and tangents for each result.
void push_forward(const Kernel& kernel, const Names& names, const Tensor& x,
                  TensorList parameters, TensorList results) {
  std::vector<Tensor> tangents{x._fw_grad(0)}, primals;
  for (const Tensor& each : parameters) {
    Tensor tangent = each._fw_grad(0);
    const bool one = tangent.defined() && tangent.dim() > x.dim();
    tangents.push_back(one ? tangent.reshape_symint({}) : tangent);
    primals.push_back(primal(each));
  }
  Names variables;
  for (size_t k = 0; k < tangents.size(); ++k) {
    if (tangents[k].defined()) variables.push_back(static_cast<int64_t>(k));
  }
  const Slopes slopes(kernel, names, variables, primal(x), primals);
  const ScalarType type = arithmetic_of(x.scalar_type());
  for (size_t k = 0; k < names.size(); ++k) {
    Tensor total;
    for (const int64_t v : variables) {
      const Tensor product = slopes.times(tangents[v], names[k], v, type);
      total = total.defined() ? total.add(product) : product;
    }
    results[k]._set_fw_grad(total.to(results[k].scalar_type()), 0, false);
  }
}

using Recorded = c10::intrusive_ptr<MilaAnalysisBackward>;

Recorded node_of(const Kernel& kernel, Names names, const Tensor& x,
                 TensorList parameters) {
  auto node = c10::make_intrusive<MilaAnalysisBackward>();
  node->set_next_edges(torch::autograd::collect_next_edges(x, parameters));
  node->kernel = &kernel;
  node->names = std::move(names);
  node->x = SavedVariable(x, false);
  for (const Tensor& each : parameters) node->parameters.emplace_back(each, false);
  return node;
}

std::vector<Tensor> evaluate_autograd(const Tensor& x, TensorList parameters,
                                      std::string_view key, std::string_view names,
                                      ScalarType dtype) {
  const bool recorded = needs_gradient(x, parameters);
  const bool pushed = has_tangent(x, parameters);
  std::vector<Tensor> results;
  {
    const at::AutoDispatchBelowADInplaceOrView below;
    results = call_evaluate(x, parameters, key, names, dtype);
  }
  if (!recorded && !pushed) return results;
  const Kernel& kernel = kernel_of(key);
  const Names numbers = numbers_of(kernel, names);
  if (recorded) set_history(results, node_of(kernel, numbers, x, parameters));
  if (pushed) push_forward(kernel, numbers, x, parameters, results);
  return results;
}

Tensor activation_autograd(const Tensor& x, TensorList parameters,
                           std::string_view key) {
  const bool recorded = needs_gradient(x, parameters);
  const bool pushed = has_tangent(x, parameters);
  Tensor result;
  {
    const at::AutoDispatchBelowADInplaceOrView below;
    result = unseen(x, parameters) ? activation(x, parameters, key)
                                   : call_activation(x, parameters, key);
  }
  if (!recorded && !pushed) return result;
  const Kernel& kernel = kernel_of(key);
  if (recorded) set_history(result, node_of(kernel, {0}, x, parameters));
  if (pushed) push_forward(kernel, {0}, x, parameters, result);
  return result;
}

}  // namespace
